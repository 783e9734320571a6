/** A registry on loopback as the large public ones are: every question takes a token, which another server gives to anybody. */
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { selfSignedCertificate } from "../../provision/testing/certificate.ts";

export interface TokenRegistry extends AsyncDisposable {
  /** HOST:PORT */
  address: string;
  /** PEM */
  ca: string;
  /** `GET /token?…`, `HEAD /v2/…`, in their order. */
  requests: string[];
  /** Authorizations that came to the server of tokens. */
  authorizations: (string | undefined)[];
}

export interface TokenRegistryOptions {
  /** By repository. A repository that is none of these is denied, as if it belonged to somebody else. */
  tags: Record<string, string[]>;
  digest?: string;
  /** Answers in place of all others. */
  respond?: (request: FastifyRequest, reply: FastifyReply) => unknown;
  /** Where tokens are said to be; at the registry's own server when left out. */
  realm?: string;
  /** How the server of tokens refuses; it gives them when left out. */
  refuseTokens?: { status: number; code: string };
  /** Tags on one page. */
  pageSize?: number;
}

const token = "a-token-for-everybody";

export async function startTokenRegistry(options: TokenRegistryOptions): Promise<TokenRegistry> {
  const { certificate, key } = await selfSignedCertificate();
  const app = fastify({ https: { key, cert: certificate }, forceCloseConnections: true, exposeHeadRoutes: false });
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const refuse = (reply: FastifyReply, status: number, code: string) =>
    reply.status(status).send({ errors: [{ code, message: code.toLowerCase() }] });

  app.addHook("onRequest", async (request) => void requests.push(`${request.method} ${request.url}`));
  app.get("/token", (request, reply) => {
    authorizations.push(request.headers.authorization);
    const { refuseTokens } = options;
    return refuseTokens === undefined ? { token } : refuse(reply, refuseTokens.status, refuseTokens.code);
  });
  app.route({
    method: ["GET", "HEAD"],
    url: "/v2/*",
    handler(request, reply) {
      if (options.respond !== undefined) return options.respond(request, reply);
      const path = request.url.slice("/v2/".length);
      if (request.headers.authorization !== `Bearer ${token}`) {
        const realm = options.realm ?? `https://${app.listeningOrigin.slice("https://".length)}/token`;
        reply.header("www-authenticate", `Bearer realm="${realm}",service="registry.test",scope="repository:x:pull"`);
        return refuse(reply, 401, "UNAUTHORIZED");
      }
      const [, repository = "", what = "", rest = ""] = /^(.+)\/(manifests|tags)\/(.+)$/.exec(path) ?? [];
      const tags = options.tags[repository];
      if (tags === undefined) return refuse(reply, 401, "UNAUTHORIZED");
      if (what === "tags") return sendTags(reply, { repository, tags, rest });
      if (!tags.includes(rest)) return refuse(reply, 404, "MANIFEST_UNKNOWN");
      if (options.digest !== undefined) reply.header("docker-content-digest", options.digest);
      return reply.type("application/vnd.oci.image.index.v1+json").send(`{"tag":"${rest}"}`);
    },
  });

  function sendTags(
    reply: FastifyReply,
    { repository, tags, rest }: { repository: string; tags: string[]; rest: string },
  ) {
    const size = options.pageSize ?? tags.length;
    const last = new URL(rest, "https://registry.test").searchParams.get("last");
    const start = last === null ? 0 : tags.indexOf(last) + 1;
    const page = tags.slice(start, start + size);
    if (start + size < tags.length) {
      reply.header("link", `</v2/${repository}/tags/list?last=${page.at(-1)}&n=${size}>; rel="next"`);
    }
    return reply.send({ name: repository, tags: page });
  }

  await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    address: app.listeningOrigin.slice("https://".length),
    ca: certificate,
    requests,
    authorizations,
    [Symbol.asyncDispose]: () => app.close(),
  };
}
