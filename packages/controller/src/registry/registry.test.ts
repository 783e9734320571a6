import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { Secret } from "@berth/shared/secret";
import { describe, expect, test } from "vitest";
import { listTags, resolveImage } from "./registry.ts";
import { startTokenRegistry, type TokenRegistry } from "./testing/token-registry.ts";

const digest = `sha256:${"ab".repeat(32)}`;
const tags = { "n8nio/n8n": ["2.40.7", "2.41.3", "latest"], "library/redis": ["8"] };
const asking = ({ address, ca }: TokenRegistry) => ({ mirror: address, ca });

describe("a registry that wants a token", () => {
  test("gives it to anybody, once for a repository, and tells the digest without being asked for the manifest", async () => {
    await using registry = await startTokenRegistry({ tags, digest });
    expect(await resolveImage("docker.io/n8nio/n8n:2.41.3", asking(registry))).toEqual({ digest });
    expect(registry.requests).toEqual([
      "HEAD /v2/n8nio/n8n/manifests/2.41.3",
      "GET /token?service=registry.test&scope=repository%3An8nio%2Fn8n%3Apull",
      "HEAD /v2/n8nio/n8n/manifests/2.41.3",
    ]);
    expect(registry.authorizations).toEqual([undefined]);
  });

  test("that names no digest: it is that of the manifest", async () => {
    await using registry = await startTokenRegistry({ tags });
    const expected = createHash("sha256").update('{"tag":"8"}').digest("hex");
    expect(await resolveImage("redis:8", asking(registry))).toEqual({ digest: `sha256:${expected}` });
  });

  test("has no such tag", async () => {
    await using registry = await startTokenRegistry({ tags });
    expect(await resolveImage("docker.io/n8nio/n8n:9.9.9", asking(registry))).toEqual({
      missing: true,
      reason: `${registry.address} has no tag '9.9.9' of 'n8nio/n8n'`,
    });
  });

  test("has no such repository, or nobody may see it: when it is asked, or when the token is", async () => {
    const missing = {
      missing: true,
      reason: expect.stringMatching(/ has no image 'n8nio\/n9n' that everybody may pull$/),
    };
    await using registry = await startTokenRegistry({ tags });
    expect(await resolveImage("docker.io/n8nio/n9n:1", asking(registry))).toEqual(missing);
    await using careful = await startTokenRegistry({ tags, refuseTokens: { status: 403, code: "DENIED" } });
    expect(await resolveImage("docker.io/n8nio/n9n:1", asking(careful))).toEqual(missing);
  });

  test("gives it for a user and a password, which nobody but its server of tokens sees", async () => {
    await using registry = await startTokenRegistry({ tags, digest });
    const credentials = { user: "berth", password: new Secret("correct horse") };
    expect(await resolveImage("redis:8", { ...asking(registry), credentials })).toEqual({ digest });
    expect(registry.authorizations).toEqual([`Basic ${Buffer.from("berth:correct horse").toString("base64")}`]);
  });

  test("somewhere without TLS gets no request there", async () => {
    await using registry = await startTokenRegistry({ tags, realm: "http://127.0.0.1:1/token" });
    await expect(resolveImage("redis:8", asking(registry))).rejects.toMatchObject({
      code: "image.unavailable",
      message: `The registry ${registry.address} has its tokens at 'http://127.0.0.1:1/token', which is no https address`,
    });
  });
});

describe("tags", () => {
  test("come page by page", async () => {
    await using registry = await startTokenRegistry({ tags, pageSize: 2 });
    expect(await listTags("docker.io/n8nio/n8n:9", asking(registry))).toEqual(tags["n8nio/n8n"]);
    expect(registry.requests.at(-1)).toBe("GET /v2/n8nio/n8n/tags/list?last=2.41.3&n=2");
  });

  test("whose next page is elsewhere end there", async () => {
    await using registry = await startTokenRegistry({
      tags,
      respond: (_, reply) => reply.header("link", '<https://example.org/v2/x>; rel="next"').send({ tags: ["1"] }),
    });
    await expect(listTags("redis", asking(registry))).rejects.toThrow("leads on to https://example.org");
  });
});

describe("a registry that does not say, in one sentence:", () => {
  test.each([
    [429, { errors: [{ code: "TOOMANYREQUESTS" }] }, "answers no more questions for now (status 429)"],
    [503, "<html>", "answered with status 503"],
    [404, "<html>not here</html>", "answered with status 404"],
    [403, "<html>proxy</html>", "answered with status 403"],
  ])("status %i", async (status, body, sentence) => {
    await using registry = await startTokenRegistry({ tags, respond: (_, reply) => reply.status(status).send(body) });
    await expect(resolveImage("redis:8", asking(registry))).rejects.toMatchObject({
      code: "image.unavailable",
      message: `The registry ${registry.address} ${sentence}`,
    });
  });

  test("one that is not there", async () => {
    const gone = await startTokenRegistry({ tags });
    await gone[Symbol.asyncDispose]();
    await expect(resolveImage("redis:8", asking(gone))).rejects.toThrow(
      `The registry ${gone.address} cannot be asked: connect ECONNREFUSED`,
    );
  });

  test("one whose certificate nobody vouches for", async () => {
    await using registry = await startTokenRegistry({ tags });
    await expect(resolveImage("redis:8", { mirror: registry.address })).rejects.toMatchObject({
      message: expect.stringMatching(/cannot be asked: .*certificate/),
      hint: expect.stringContaining("images.caFile"),
    });
  });

  test("one that takes connections and says nothing, until the time is over or the asking is ended", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const mirror = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const reason = new Error("ended");
    const ended = new AbortController();
    const asked = resolveImage("redis:8", { mirror, signal: ended.signal });
    ended.abort(reason);
    await expect(asked).rejects.toBe(reason);
    await expect(resolveImage("redis:8", { mirror })).rejects.toThrow(
      `The registry ${mirror} did not answer within 5 s`,
    );
    server.close();
  });
});
