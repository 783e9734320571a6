/** A tenant gone bad, with nothing but the token of its own instance: what it may do, and all that it may not. */
import { createHmac } from "node:crypto";
import { tokensCollection } from "@berth/shared/operations/collections-claims";
import type { QdrantClient } from "@qdrant/js-client-rest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openClient, type QdrantServer } from "./qdrant-client.ts";
import { ensureCollections } from "./qdrant-ensure.ts";
import { withdrawTokens } from "./qdrant-tokens.ts";
import { type Attempt, attempts } from "./testing/qdrant-attempts.ts";
import { clientOf, contentsOf, needOf, startTestQdrant, type TestQdrant, tokenOf } from "./testing/qdrant.ts";

const own = needOf("user1-openwebui");
const foreign = needOf("user2-openwebui");
const secretText = "what user2 told nobody else";

let qdrant: TestQdrant;
let server: QdrantServer;
let token: string;
/** Of user2, made for a backup. */
let snapshot: string;

beforeEach(async () => {
  qdrant = await startTestQdrant();
  ({ server } = qdrant);
  for (const need of [own, foreign]) await ensureCollections(need, { server, log: () => undefined });
  const admin = openClient(server);
  const payload = { text: secretText, tenant_id: "t" };
  await admin.upsert("user2_openwebui_files", { wait: true, points: [{ id: 7, vector: [1, 0], payload }] });
  const made = await admin.createSnapshot("user2_openwebui_files");
  snapshot = made?.name ?? "none";
  token = tokenOf(own, server);
});
afterEach(() => qdrant.stop());

async function attempt({ method, path, body }: Attempt, headers: Record<string, string> = { "api-key": token }) {
  const response = await fetch(`http://${server.address}:${server.port}${path}`, {
    method,
    headers: body instanceof FormData ? headers : { ...headers, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, text: await response.text() };
}

/** What is known only once the server runs. */
function filledIn(text: string): string {
  return text.replaceAll("{snapshot}", snapshot).replaceAll("{port}", String(server.port)).replaceAll("{token}", token);
}

const mine = "/collections/user1_openwebui_files";
const vectors = { size: 2, distance: "Cosine" };

describe("with its own token, a tenant cannot", () => {
  test.each(attempts)("%s", async (_what, { method, path, body, status = 403 }) => {
    const before = await contentsOf(server);
    const filled: unknown = body instanceof FormData ? body : JSON.parse(filledIn(JSON.stringify(body ?? null)));
    const outcome = await attempt({ method, path: filledIn(path), ...(body === undefined ? {} : { body: filled }) });
    expect(outcome.status).toBe(status);
    expect(outcome.text).not.toContain(secretText);
    expect(await contentsOf(server)).toEqual(before);
  });

  test("learn the names of others' collections", async () => {
    const listed = await attempt({ method: "GET", path: "/collections" });
    expect(JSON.parse(listed.text)).toMatchObject({
      result: { collections: [{ name: "user1_openwebui_documents" }, { name: "user1_openwebui_files" }] },
    });
    for (const path of ["/collections", "/telemetry?details_level=10", "/issues", "/aliases", mine]) {
      const { status, text } = await attempt({ method: "GET", path });
      expect([path, status]).toEqual([path, 200]);
      expect(text).not.toMatch(/user2|berth_tokens/);
    }
  });

  test("tell a collection that exists from one that does not", async () => {
    const [there, missing] = await Promise.all(
      ["user2_openwebui_files", "user2_openwebui_nothing"].map((name) =>
        attempt({ method: "GET", path: `/collections/${name}/exists` }),
      ),
    );
    expect(there?.status).toBe(403);
    expect(missing?.status).toBe(403);
    expect(there?.text).toContain("Access to collection user2_openwebui_files is required");
    expect(missing?.text).toContain("Access to collection user2_openwebui_nothing is required");
  });
});

describe("a token is worth nothing", () => {
  const ask: Attempt = { method: "POST", path: `${mine}/points/count`, body: {} };

  function forge(change: (claims: Record<string, unknown>) => unknown, key: string, algorithm = "HS256"): string {
    const claims: Record<string, unknown> = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${encode({ alg: algorithm, typ: "JWT" })}.${encode(change(claims))}`;
    return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
  }

  test.each<[string, () => string, number]>([
    ["that the tenant widened and signed itself", () => forge((claims) => ({ ...claims, access: "m" }), "guess"), 403],
    ["that leaves out what it is for", () => forge((claims) => ({ subject: claims["subject"] }), ""), 403],
    ["that says it is not signed", () => forge((claims) => claims, "", "none"), 401],
    ["of another algorithm", () => forge((claims) => claims, server.apiKey, "HS512"), 401],
    ["whose claims were exchanged", () => token.replace(/\.[^.]+\./, `.${forge((c) => c, "x").split(".")[1]}x.`), 403],
    ["that has run out", () => forge((claims) => ({ ...claims, exp: 1_700_000_000 }), server.apiKey), 403],
    [
      "that names a collection twice",
      () => forge(() => ({ access: [1, 2].map(() => ({ collection: "a", access: "r" })) }), server.apiKey),
      401,
    ],
    ["that is none", () => "nonsense", 401],
  ])("%s", async (_what, forged, status) => {
    const { status: actual, text } = await attempt(ask, { "api-key": forged() });
    expect(actual).toBe(status);
    expect(text).not.toContain("result");
  });

  test("without a key at all", async () => {
    expect(await attempt(ask, {})).toEqual({
      status: 401,
      text: "Must provide an API key or an Authorization bearer token",
    });
  });

  test("once its point is gone, whichever header it comes in, and the other tenant's still is", async () => {
    const withToken = [{ "api-key": token }, { authorization: `Bearer ${token}` }];
    for (const headers of withToken) expect((await attempt(ask, headers)).status).toBe(200);
    await withdrawTokens(openClient(server), own);
    for (const headers of withToken) {
      expect(await attempt(ask, headers)).toEqual({ status: 401, text: "Invalid JWT, stateful validation failed" });
    }
    expect((await clientOf(foreign, server).count("user2_openwebui_files")).count).toBe(1);
  });

  test("while nobody is admitted at all, but health is told to everybody", async () => {
    await openClient(server).deleteCollection(tokensCollection);
    expect(await attempt(ask)).toEqual({ status: 403, text: "Invalid JWT, stateful validation failed" });
    for (const path of ["/healthz", "/livez", "/readyz"]) {
      expect((await attempt({ method: "GET", path }, {})).status).toBe(200);
    }
  });
});

describe("with its own token, an instance can do its work", () => {
  let client: QdrantClient;
  beforeEach(() => {
    client = clientOf(own, server);
  });

  test("as Open WebUI does it: many users' points in one collection, told apart by a field", async () => {
    const files = "user1_openwebui_files";
    expect(await client.collectionExists(files)).toEqual({ exists: true });
    const payload = (tenant: string, hash: string) => ({ text: "t", metadata: { hash }, tenant_id: tenant });
    await client.upsert(files, {
      wait: true,
      points: [
        { id: "6f2f6e0c-7f36-4c60-8a4b-0d4d2f5d2a01", vector: [1, 0], payload: payload("file-1", "a") },
        { id: "6f2f6e0c-7f36-4c60-8a4b-0d4d2f5d2a02", vector: [0, 1], payload: payload("file-1", "b") },
        { id: "6f2f6e0c-7f36-4c60-8a4b-0d4d2f5d2a03", vector: [1, 0], payload: payload("file-2", "a") },
      ],
    });
    const ofFile = { key: "tenant_id", match: { value: "file-1" } };
    expect(await client.count(files, { filter: { must: [ofFile] } })).toEqual({ count: 2 });
    const near = await client.query(files, {
      query: [1, 0.1],
      filter: { must: [ofFile] },
      limit: 5,
      with_payload: true,
    });
    expect(near.points.map(({ payload: found }) => found?.["metadata"])).toEqual([{ hash: "a" }, { hash: "b" }]);
    const withHash = { must: [ofFile, { key: "metadata.hash", match: { value: "b" } }] };
    expect((await client.scroll(files, { filter: withHash, limit: 1000 })).points).toHaveLength(1);
    await client.delete(files, { wait: true, filter: { must: [ofFile] } });
    expect(await client.count(files)).toEqual({ count: 1 });
  });

  test("as Open WebUI does it once its embedding model gives vectors of another size", async () => {
    const put = await attempt({
      method: "PUT",
      path: `${mine}/vectors/3?wait=true`,
      body: { dense: { size: 3, distance: "Cosine" } },
    });
    expect(put.status).toBe(200);
    const { config } = await client.getCollection("user1_openwebui_files");
    expect(config.params.vectors).toEqual({ "": vectors, "3": { size: 3, distance: "Cosine" } });
    await client.upsert("user1_openwebui_files", { wait: true, points: [{ id: 1, vector: { "3": [0, 0, 1] } }] });
    const near = await client.query("user1_openwebui_files", { query: [0, 0, 2], using: "3" });
    expect(near.points).toMatchObject([{ id: 1, score: 1 }]);
  });

  test("as Flowise does it: it looks for its collection among all, and deletes points by their ids", async () => {
    const { collections } = await client.getCollections();
    expect(collections.map(({ name }) => name)).toContain("user1_openwebui_documents");
    const id = "6f2f6e0c-7f36-4c60-8a4b-0d4d2f5d2a01";
    const payload = { content: "c", metadata: { source: "s" } };
    await client.upsert("user1_openwebui_documents", { wait: true, points: [{ id, vector: [1, 0], payload }] });
    const { points } = await client.query("user1_openwebui_documents", {
      query: [1, 0],
      limit: 4,
      filter: { should: [{ key: "metadata.source", match: { value: "s" } }, { is_empty: { key: "metadata.chatId" } }] },
      with_payload: ["metadata", "content"],
      with_vector: false,
    });
    expect(points).toMatchObject([{ id, payload }]);
    await client.delete("user1_openwebui_documents", { wait: true, ordering: "weak", points: [id] });
    expect(await client.count("user1_openwebui_documents")).toEqual({ count: 0 });
  });
});
