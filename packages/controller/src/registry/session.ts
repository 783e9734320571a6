/** One repository of a registry (OCI distribution API, Docker's v2): asks with the authorization that the registry demands. */
import { BerthError } from "@berth/shared/errors";
import type { Secret } from "@berth/shared/secret";
import * as z from "zod";
import { readChallenge, type Challenge } from "./challenge.ts";
import type { ImageLocation } from "./reference.ts";
import { type Answer, send, type TransportOptions } from "./transport.ts";

export interface Credentials {
  user: string;
  password: Secret;
}

export interface SessionOptions extends TransportOptions {
  /** null: asks as anybody may. */
  credentials: Credentials | null;
}

export interface RegistrySession {
  /** Begins sentences: "The registry docker.io". */
  who: string;
  /** `path` is below the repository, or a whole one that the registry named: `manifests/2.41.3`. */
  ask: (method: "GET" | "HEAD", path: string, accept?: string) => Promise<Answer>;
}

const wrongCredentials = "does not take the user and the password that Berth has for it";

/** Either name: the first is Docker's, the second OAuth's. */
const tokenSchema = z
  .object({ token: z.string().min(1).optional(), access_token: z.string().min(1).optional() })
  .transform(({ token, access_token: accessToken }) => token ?? accessToken);

export function openRegistrySession(
  { registry, repository }: Pick<ImageLocation, "registry" | "repository">,
  options: SessionOptions,
): RegistrySession {
  const who = `The registry ${registry}`;
  const base = baseOf(registry, repository);
  let authorization: string | undefined;

  function sendAuthorized(method: "GET" | "HEAD", url: URL, accept: string): Promise<Answer> {
    const headers = { accept, ...(authorization === undefined ? {} : { authorization }) };
    return send(who, { method, url, headers }, options);
  }

  return {
    who,
    async ask(method, path, accept = "application/json") {
      const url = new URL(path, base);
      // What a registry names as the next page may not lead the authorization elsewhere.
      if (url.origin !== base.origin) throw unusable(who, `leads on to ${url.origin}`);
      const answer = await sendAuthorized(method, url, accept);
      if (answer.status !== 401 || authorization !== undefined) return answer;
      const challenge = readChallenge(answer.headers.get("www-authenticate") ?? "");
      if (challenge === null) return answer;
      const given = await authorize(who, challenge, repository, options);
      if (typeof given !== "string") return given;
      authorization = given;
      const authorized = await sendAuthorized(method, url, accept);
      if (authorized.status === 401 && challenge.scheme === "basic") throw unusable(who, wrongCredentials);
      return authorized;
    },
  };
}

/** Docker Hub's API is not where its references say. */
function baseOf(registry: string, repository: string): URL {
  const host = ["docker.io", "index.docker.io"].includes(registry) ? "registry-1.docker.io" : registry;
  return new URL(`https://${host}/v2/${repository}/`);
}

/** The value of the header, or the answer of whoever refuses to give one. */
async function authorize(
  who: string,
  challenge: Challenge,
  repository: string,
  options: SessionOptions,
): Promise<string | Answer> {
  const { credentials } = options;
  const basic = credentials === null ? null : basicAuthorization(credentials);
  if (challenge.scheme === "bearer") return fetchToken(who, challenge, repository, basic, options);
  if (basic === null) throw unusable(who, "answers only those who have a user and a password there");
  return basic;
}

function basicAuthorization({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString("base64")}`;
}

/** Without credentials, a token as anybody gets it. */
async function fetchToken(
  who: string,
  { realm, service }: Extract<Challenge, { scheme: "bearer" }>,
  repository: string,
  basic: string | null,
  options: SessionOptions,
): Promise<string | Answer> {
  const url = URL.parse(realm);
  if (url?.protocol !== "https:") throw unusable(who, `has its tokens at '${realm}', which is no https address`);
  if (service !== null) url.searchParams.set("service", service);
  url.searchParams.set("scope", `repository:${repository}:pull`);
  const headers = { accept: "application/json", ...(basic === null ? {} : { authorization: basic }) };
  const giver = `${url.host}, which gives the tokens of ${who.replace(/^The/, "the")},`;
  const answer = await send(giver, { method: "GET", url, headers }, options);
  if (answer.status === 401 && basic !== null) throw unusable(giver, wrongCredentials);
  if (answer.status === 401 || answer.status === 403) return answer;
  const token = tokenSchema.safeParse(parseJson(answer.body)).data;
  if (answer.status === 200 && token !== undefined) return `Bearer ${token}`;
  throw unusable(giver, `answered with status ${answer.status} and no token`);
}

export function unusable(who: string, what: string): BerthError {
  return new BerthError("image.unavailable", `${who} ${what}`);
}

/** undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
