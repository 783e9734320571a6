import { createHash, createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { QdrantClient } from "@qdrant/js-client-rest";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RunningQdrant, startQdrant } from "./start.ts";
import { exchanges, perform } from "./testing/exchanges.ts";

const keys = { readWrite: ["key", "alternative"], readOnly: ["read only"], signing: ["key", "alternative"] };

let directory: string;
let qdrant: RunningQdrant;
let url: string;
let client: QdrantClient;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-qdrant-"));
  qdrant = await startQdrant({
    ...{ host: "127.0.0.1", port: 0, keys },
    ...{ storageDirectory: join(directory, "storage"), snapshotsDirectory: join(directory, "snapshots") },
  });
  url = `http://127.0.0.1:${qdrant.port}`;
  client = clientWith("key");
});
afterEach(async () => {
  await qdrant.stop();
  rmSync(directory, { recursive: true });
});

function clientWith(key: string): QdrantClient {
  return new QdrantClient({ url, headers: { "api-key": key }, checkCompatibility: false, timeout: 10_000 });
}

function token(claims: unknown, key = "key"): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

async function statusOf(key: string, method: string, path: string, body?: unknown): Promise<number> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "api-key": key },
    ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  await response.body?.cancel();
  return response.status;
}

const two = { vectors: { size: 2, distance: "Cosine" } } as const;

it("answers each kind of request with the status that it is described to have", async () => {
  for (const exchange of exchanges) {
    const { status, body } = await perform(exchange, url, "key");
    expect([exchange.method, exchange.operation, status, body]).toEqual([
      ...[exchange.method, exchange.operation, exchange.status],
      body,
    ]);
  }
});

describe("keys and tokens", () => {
  beforeEach(async () => {
    await client.createCollection("a", two);
    await client.createCollection("b", two);
  });

  const read = ["POST", "/collections/a/points/scroll", {}] as const;
  const write = ["PUT", "/collections/a/points", { points: [{ id: 1, vector: [1, 0] }] }] as const;
  const index = ["PUT", "/collections/a/index", { field_name: "f", field_schema: "keyword" }] as const;
  const snapshot = ["POST", "/collections/a/snapshots"] as const;
  const manage = ["PUT", "/collections/c", two] as const;
  const other = ["POST", "/collections/b/points/scroll", {}] as const;
  const metrics = ["GET", "/cluster"] as const;

  const all = [200, 200, 200, 200, 200, 200, 200];
  const reading = [200, 403, 403, 403, 403, 200, 200];
  const ofA = (access: string): string => token({ access: [{ collection: "a", access }] });
  it.each([
    ["the API key", "key", all],
    ["the alternative key", "alternative", all],
    ["the key for reading", "read only", reading],
    ["a token to manage", token({ access: "m" }), all],
    ["one signed with the alternative key", token({ access: "m" }, "alternative"), all],
    ["one that does not say for what", token({}), all],
    ["one to read everything", token({ access: "r" }), reading],
    ["one to read a collection", ofA("r"), [200, 403, 403, 403, 403, 403, 403]],
    ["one to read and write a collection", ofA("rw"), [200, 200, 200, 200, 403, 403, 403]],
    ["one to read and write its points", ofA("prw"), [200, 200, 403, 403, 403, 403, 403]],
    ["one for no collection", token({ access: [] }), all.map(() => 403)],
    // Under one key it is none at all, under the other its signature is wrong: the original tells of the latter.
    ["one for what does not exist", token({ access: "rw" }), all.map(() => 403)],
    ["one signed with the key for reading", token({ access: "m" }, "read only"), all.map(() => 403)],
    ["an empty key", "", all.map(() => 401)],
  ])("%s may do what the original lets it", async (_what, key, expected) => {
    const statuses: number[] = [];
    for (const [method, path, body] of [read, write, index, snapshot, manage, other, metrics]) {
      statuses.push(await statusOf(key, method, path, body));
    }
    expect(statuses).toEqual(expected);
  });

  it("tells why in the original's words", async () => {
    const ask = async (key: string, path: string, method = "GET"): Promise<string> =>
      (await fetch(`${url}${path}`, { method, headers: { "api-key": key } })).text();
    const own = token({ access: [{ collection: "a", access: "r" }] });
    expect(await ask("wrong", "/collections")).toBe("Invalid API key or JWT");
    expect(await ask(token({ access: "m" }, "wrong"), "/collections")).toBe("InvalidSignature");
    expect(await ask(token({ exp: 1 }), "/collections")).toBe("ExpiredSignature");
    expect(await ask(own, "/collections/b")).toContain('"error":"Forbidden: Access to collection b is required"');
    expect(await ask(own, "/collections/a", "DELETE")).toContain('"error":"Forbidden: Global access is required"');
    expect(await ask("read only", "/collections/a", "DELETE")).toContain("Forbidden: Global manage access is required");
    expect(await ask(own, "/collections/a/snapshots", "POST")).toContain("Write access to collection a is required");
  });

  it("a token lasts until it runs out, with half a minute for clocks that differ", async () => {
    const now = Math.floor(Date.now() / 1000);
    expect(await statusOf(token({ exp: now - 10 }), ...read)).toBe(200);
    expect(await statusOf(token({ exp: now - 60 }), ...read)).toBe(403);
  });
});

describe("searching", () => {
  const points = [
    { id: 1, vector: [1, 0], payload: { n: 1, tags: ["a", "b"] } },
    { id: 2, vector: [0, 2], payload: { n: 2, tags: [] } },
    { id: 3, vector: [3, 3], payload: { n: 3, nested: { deep: null } } },
  ];

  it.each([
    ["Cosine", [1, 3, 2], 1],
    ["Dot", [3, 1, 2], 3],
    ["Euclid", [1, 2, 3], 0],
    ["Manhattan", [1, 2, 3], 0],
  ] as const)("by %s finds the nearest first", async (distance, order, best) => {
    await client.createCollection("a", { vectors: { size: 2, distance } });
    await client.upsert("a", { wait: true, points });
    const found = (await client.query("a", { query: [1, 0] })).points;
    expect(found.map(({ id }) => id)).toEqual(order);
    expect(found[0]?.score).toBeCloseTo(best);
    // The older way to ask, which this client no longer has.
    const body = { vector: [1, 0], limit: 1 };
    const older = await perform(
      { method: "POST", operation: "/collections/a/points/search", body, status: 200 },
      ...([url, "key"] as const),
    );
    expect(older.body).toMatchObject({ result: [{ id: order[0] }] });
  });

  it.each([
    [{ must: [{ key: "n", range: { gte: 2, lt: 3 } }] }, [2]],
    [{ must: [{ key: "tags", match: { value: "b" } }] }, [1]],
    [{ must_not: [{ key: "n", match: { any: [1, 2] } }] }, [3]],
    [{ must: [{ key: "n", match: { except: [1] } }] }, [2, 3]],
    [{ should: [{ has_id: [1] }, { key: "n", match: { value: 3 } }] }, [1, 3]],
    [{ must: [{ is_empty: { key: "tags" } }] }, [2, 3]],
    [{ must: [{ is_null: { key: "nested.deep" } }] }, [3]],
    [{ min_should: { conditions: [{ has_id: [1, 2] }, { has_id: [2, 3] }], min_count: 2 } }, [2]],
    [{ must: [{ should: [{ has_id: [3] }] }] }, [3]],
    [{}, [1, 2, 3]],
  ])("with the filter %j finds %j", async (filter, expected) => {
    await client.createCollection("a", two);
    await client.upsert("a", { wait: true, points });
    expect((await client.scroll("a", { filter })).points.map(({ id }) => id)).toEqual(expected);
    expect(await client.count("a", { filter })).toEqual({ count: expected.length });
  });

  it("refuses a condition that it does not know, rather than finding too much", async () => {
    await client.createCollection("a", two);
    const circle = { center: { lon: 0, lat: 0 }, radius: 1 };
    const body = { filter: { must: [{ key: "n", geo_radius: circle }] } };
    expect(await statusOf("key", "POST", "/collections/a/points/delete", body)).toBe(501);
    expect(await statusOf("key", "POST", "/collections/a/points/delete", { filter: { musst: [] } })).toBe(400);
  });

  it("goes page by page through points in the order of their ids", async () => {
    await client.createCollection("a", two);
    await client.upsert("a", { wait: true, points });
    const first = await client.scroll("a", { limit: 2 });
    expect(first).toMatchObject({ points: [{ id: 1 }, { id: 2 }], next_page_offset: 3 });
    expect(await client.scroll("a", { limit: 2, offset: 3 })).toMatchObject({
      points: [{ id: 3 }],
      next_page_offset: null,
    });
  });
});

describe("snapshots", () => {
  async function download(name: string): Promise<Buffer> {
    const response = await fetch(`${url}/collections/a/snapshots/${name}`, { headers: { "api-key": "key" } });
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  }

  function form(content: Buffer): FormData {
    const data = new FormData();
    data.set("snapshot", new File([new Uint8Array(content)], "copy.snapshot"));
    return data;
  }

  let name: string;
  let content: Buffer;
  let checksum: string;
  beforeEach(async () => {
    await client.createCollection("a", two);
    await client.createPayloadIndex("a", { field_name: "f", field_schema: "keyword", wait: true });
    await client.upsert("a", { wait: true, points: [{ id: 1, vector: [1, 0], payload: { f: "x" } }] });
    const made = await client.createSnapshot("a");
    name = made?.name ?? "";
    content = await download(name);
    checksum = createHash("sha256").update(content).digest("hex");
    expect(made).toMatchObject({ checksum, size: content.length });
  });

  it("are listed, and deleted", async () => {
    expect(await client.listSnapshots("a")).toMatchObject([{ name, checksum }]);
    await client.deleteSnapshot("a", name);
    expect(await client.listSnapshots("a")).toEqual([]);
    expect(await statusOf("key", "DELETE", `/collections/a/snapshots/${name}`)).toBe(404);
  });

  it("bring a collection back that was changed or deleted, also under another name", async () => {
    await client.upsert("a", {
      wait: true,
      points: [
        { id: 1, vector: [0, 1] },
        { id: 2, vector: [0, 1] },
      ],
    });
    const upload = (collection: string): Promise<number> =>
      statusOf("key", "POST", `/collections/${collection}/snapshots/upload?checksum=${checksum}`, form(content));
    expect(await upload("a")).toBe(200);
    expect((await client.scroll("a")).points).toMatchObject([{ id: 1, payload: { f: "x" } }]);
    await client.deleteCollection("a");
    expect(await upload("b")).toBe(200);
    expect((await client.scroll("b", { with_vector: true })).points).toMatchObject([{ id: 1, vector: [1, 0] }]);
    expect((await client.getCollection("b")).payload_schema).toMatchObject({ f: { data_type: "keyword" } });
  });

  it("outlive their collection, as with the original", async () => {
    await client.deleteCollection("a");
    await client.createCollection("a", two);
    expect(await client.listSnapshots("a")).toMatchObject([{ name }]);
  });

  it("are fetched from a file of the server's, or from another server with its key", async () => {
    const recover = (location: string, more = {}): Promise<number> =>
      statusOf("key", "PUT", "/collections/b/snapshots/recover", { location, ...more });
    expect(await recover(`file://${directory}/snapshots/a/${name}`, { checksum })).toBe(200);
    expect(await recover(`${url}/collections/a/snapshots/${name}`, { api_key: "key" })).toBe(200);
    expect(await recover(`${url}/collections/a/snapshots/${name}`, { api_key: "wrong" })).toBe(400);
    expect(await recover(`file://${directory}/storage/stand-in.db`)).toBe(403);
    expect(await recover("file:///nowhere.snapshot")).toBe(400);
    expect(await recover("nonsense")).toBe(422);
    expect(await client.count("b")).toEqual({ count: 1 });
  });

  it("that are damaged, of another kind, or not what their checksum says leave everything as it is", async () => {
    const upload = (body: Buffer, query = ""): Promise<number> =>
      statusOf("key", "POST", `/collections/a/snapshots/upload${query}`, form(body));
    await client.upsert("a", { wait: true, points: [{ id: 2, vector: [0, 1] }] });
    expect(await upload(content.subarray(0, -5))).toBe(400);
    expect(await upload(Buffer.from("{}"))).toBe(400);
    expect(await upload(content, `?checksum=${"0".repeat(64)}`)).toBe(400);
    await client.createCollection("b", { vectors: { size: 3, distance: "Cosine" } });
    expect(await statusOf("key", "POST", "/collections/b/snapshots/upload", form(content))).toBe(400);
    expect(await client.count("a")).toEqual({ count: 2 });
    expect(await client.listSnapshots("a")).toHaveLength(1);
  });
});

it("reads no more of a body than it takes, however its length is told", async () => {
  const headers = { "api-key": "key" };
  const asked = {
    method: "PUT",
    body: new Blob(["x".repeat(33 * 1024 ** 2)]).stream(),
    headers,
    duplex: "half",
  } as const;
  expect((await fetch(`${url}/collections/one`, asked)).status).toBe(413);
  expect((await client.getCollections()).collections).toEqual([]);
});
