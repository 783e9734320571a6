import { createServer } from "node:http";
import { BerthError } from "@berth/shared/errors";
import { tokensCollection } from "@berth/shared/operations/collections-claims";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openClient, type QdrantServer } from "./qdrant-client.ts";
import { ensureCollections, removeCollections } from "./qdrant-ensure.ts";
import { observeCollections } from "./qdrant-observe.ts";
import { clientOf, contentsOf, needOf, startTestQdrant, type TestQdrant } from "./testing/qdrant.ts";

let qdrant: TestQdrant;
let server: QdrantServer;
let lines: string[];
const log = (line: string): void => {
  lines.push(line);
};

beforeEach(async () => {
  qdrant = await startTestQdrant();
  ({ server } = qdrant);
  lines = [];
});
afterEach(() => qdrant.stop());

const need = needOf("user1-openwebui");

/** An error's code and sentences. */
async function failureOf(work: Promise<unknown>): Promise<{ code: string; message: string; hint: string | undefined }> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof BerthError)) throw new Error("It did not fail with a BerthError", { cause: error });
  return { code: error.code, message: error.message, hint: error.hint };
}

async function differencesOf(...needs: (typeof need)[]): Promise<readonly string[]> {
  const seen = await observeCollections(needs, { server });
  return needs.flatMap(({ instance }) => seen.get(instance)?.differences ?? ["not told of"]);
}

describe("ensuring collections", () => {
  test("makes them as needed, indexes included, and admits the token", async () => {
    expect(await observeCollections([need], { server })).toEqual(
      new Map([
        [
          need.instance,
          {
            exists: false,
            differences: [
              "collection 'user1_openwebui_documents' is missing",
              "collection 'user1_openwebui_files' is missing",
              "its token is not admitted",
            ],
          },
        ],
      ]),
    );
    expect(await ensureCollections(need, { server, log })).toEqual({
      created: ["user1_openwebui_documents", "user1_openwebui_files"],
    });
    expect(await observeCollections([need], { server })).toEqual(
      new Map([[need.instance, { exists: true, differences: [] }]]),
    );
    const { config, payload_schema: indexes } = await openClient(server).getCollection("user1_openwebui_files");
    expect(config.hnsw_config).toMatchObject({ m: 0, payload_m: 16 });
    expect(indexes).toMatchObject({
      tenant_id: { data_type: "keyword", params: { is_tenant: true } },
      "metadata.hash": { data_type: "keyword" },
    });
    expect(lines).toContain("creating collection user1_openwebui_files for vectors of size 2 (Cosine)");
    expect(lines.join()).not.toContain(server.apiKey);
  });

  test("once more changes nothing, points included", async () => {
    await ensureCollections(need, { server, log });
    await openClient(server).upsert("user1_openwebui_files", { wait: true, points: [{ id: 1, vector: [1, 0] }] });
    const before = await contentsOf(server);
    expect(await ensureCollections(need, { server, log })).toEqual({ created: [] });
    const { [tokensCollection]: tokens, ...after } = await contentsOf(server);
    expect(after).toEqual({ ...before, [tokensCollection]: undefined });
    expect(tokens).toMatchObject({ points: [{ payload: { token: need.token } }] });
  });

  test("several at once leave each with its own", async () => {
    const needs = ["user1-openwebui", "user1-flowise", "user2-openwebui", "user2-flowise"].map((name) => needOf(name));
    await Promise.all([...needs, ...needs].map((each) => ensureCollections(each, { server, log })));
    expect(await differencesOf(...needs)).toEqual([]);
    const { points } = await openClient(server).scroll(tokensCollection, { limit: 100 });
    expect(points).toHaveLength(4);
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7])("cut off after %i requests, and run again, ends the same", async (requests) => {
    const relay = await startCutting(server, requests);
    await failureOf(ensureCollections(need, { server: relay.server, log }));
    relay.close();
    await ensureCollections(need, { server, log });
    expect(await differencesOf(need)).toEqual([]);
    expect(Object.keys(await contentsOf(server))).toEqual([
      tokensCollection,
      "user1_openwebui_documents",
      "user1_openwebui_files",
    ]);
  });

  test("makes a missing index, and keeps one that is there", async () => {
    await ensureCollections(need, { server, log });
    await openClient(server).deletePayloadIndex("user1_openwebui_files", "metadata.hash", { wait: true });
    expect(await differencesOf(need)).toEqual(["collection 'user1_openwebui_files' has no index on 'metadata.hash'"]);
    await ensureCollections(need, { server, log });
    expect(await differencesOf(need)).toEqual([]);
  });
});

describe("a collection of another vector size", () => {
  const grown = needOf("user1-openwebui", {
    collections: [{ name: "user1_openwebui_documents", vectorSize: 3, distance: "Cosine" }],
  });

  test("is told of, and made anew when it is empty", async () => {
    await ensureCollections(need, { server, log });
    expect(await differencesOf(grown)).toEqual(["collection 'user1_openwebui_documents' has vectors of size 2, not 3"]);
    expect(await ensureCollections(grown, { server, log })).toEqual({ created: ["user1_openwebui_documents"] });
    expect(await differencesOf(grown)).toEqual([]);
    expect((await clientOf(grown, server).count("user1_openwebui_documents")).count).toBe(0);
  });

  test("is left alone when it holds points, with its token still admitted", async () => {
    await ensureCollections(need, { server, log });
    const client = clientOf(need, server);
    await client.upsert("user1_openwebui_documents", { wait: true, points: [{ id: 1, vector: [1, 0] }] });
    expect(await failureOf(ensureCollections(grown, { server, log }))).toEqual({
      code: "store.failed",
      message:
        "collection 'user1_openwebui_documents' has vectors of size 2, not 3, and 1 points: Berth does not remove those",
      hint: "Back up and delete collection 'user1_openwebui_documents' yourself, or set the vector size back",
    });
    expect((await client.count("user1_openwebui_documents")).count).toBe(1);
  });

  test("is right when Open WebUI has added a vector of another size beside the needed one", async () => {
    await ensureCollections(need, { server, log });
    const added = await fetch(`http://127.0.0.1:${server.port}/collections/user1_openwebui_files/vectors/1536`, {
      method: "PUT",
      headers: { "api-key": server.apiKey },
      body: JSON.stringify({ dense: { size: 1536, distance: "Cosine" } }),
    });
    expect(added.status).toBe(200);
    expect(await differencesOf(need)).toEqual([]);
  });

  test("differs in its distance, too", async () => {
    await ensureCollections(need, { server, log });
    const euclid = needOf("user1-openwebui", {
      collections: [{ name: "user1_openwebui_documents", vectorSize: 2, distance: "Euclid" }],
    });
    expect(await differencesOf(euclid)).toEqual([
      "collection 'user1_openwebui_documents' compares vectors by Cosine, not by Euclid",
    ]);
  });
});

describe("removing collections", () => {
  test("leaves the server as it was before, and can be repeated", async () => {
    await ensureCollections(needOf("user2-openwebui"), { server, log });
    const before = await contentsOf(server);
    await ensureCollections(need, { server, log });
    await clientOf(need, server).createSnapshot("user1_openwebui_files", { wait: true });
    expect(await removeCollections(need, { server, log })).toEqual({
      removed: ["user1_openwebui_documents", "user1_openwebui_files"],
    });
    expect(await contentsOf(server)).toEqual(before);
    expect(await removeCollections(need, { server, log })).toEqual({ removed: [] });
  });

  test("leaves no snapshot for whoever has the name next", async () => {
    await ensureCollections(need, { server, log });
    await clientOf(need, server).createSnapshot("user1_openwebui_files", { wait: true });
    await removeCollections(need, { server, log });
    await ensureCollections(need, { server, log });
    expect(await clientOf(need, server).listSnapshots("user1_openwebui_files")).toEqual([]);
  });

  test("takes what begins with the instance's own prefix, and no instance's with a longer one", async () => {
    const longer = needOf("user1-openwebui-pro");
    await ensureCollections(longer, { server, log });
    await ensureCollections(need, { server, log });
    const client = openClient(server);
    for (const name of ["user1_openwebui_web-search", "user1_openwebuis_files", "user1_openwebui", "other"]) {
      await client.createCollection(name, { vectors: { size: 2, distance: "Cosine" } });
    }
    expect(await removeCollections(need, { server, log })).toEqual({
      removed: ["user1_openwebui_documents", "user1_openwebui_files", "user1_openwebui_web-search"],
    });
    expect(await differencesOf(longer)).toEqual([]);
    expect(Object.keys(await contentsOf(server))).toEqual([
      tokensCollection,
      "other",
      "user1_openwebui",
      "user1_openwebui_pro_documents",
      "user1_openwebui_pro_files",
      "user1_openwebuis_files",
    ]);
  });

  test("is no more than nothing on a server that never had any", async () => {
    expect(await removeCollections(need, { server, log })).toEqual({ removed: [] });
  });
});

describe("a server that", () => {
  const where = (): string => `Qdrant at 127.0.0.1:${server.port}`;

  test("has another API key says so, without a key", async () => {
    const failure = await failureOf(observeCollections([need], { server: { ...server, apiKey: "another key" } }));
    expect(failure).toEqual({
      code: "store.failed",
      message: `${where()} does not take the API key that Berth has for it`,
      hint: "See `berth logs shared-qdrant`",
    });
  });

  test("is away says so", async () => {
    await qdrant.stop();
    const failure = await failureOf(ensureCollections(need, { server, log }));
    expect(failure.code).toBe("store.failed");
    expect(failure.message).toMatch(/^Qdrant at 127\.0\.0\.1:\d+ cannot be asked: .*ECONNREFUSED/);
    qdrant = await startTestQdrant();
  });

  test("refuses tells why in its own words", async () => {
    const odd = needOf("user1-openwebui", { collections: [{ name: "a|b", vectorSize: 2, distance: "Cosine" }] });
    const failure = await failureOf(ensureCollections(odd, { server, log }));
    expect(failure.message).toContain(`${where()} answered 422: Validation error`);
  });
});

/** A way to the server that lets so many requests through, and breaks every one after. */
async function startCutting(
  target: QdrantServer,
  requests: number,
): Promise<{ server: QdrantServer; close: () => void }> {
  let left = requests;
  const relay = createServer((incoming, outgoing) => {
    if (left === 0) {
      outgoing.destroy();
      return;
    }
    left -= 1;
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const method = incoming.method ?? "GET";
      fetch(`http://${target.address}:${target.port}${incoming.url ?? "/"}`, {
        method,
        headers: { "api-key": target.apiKey, "content-type": "application/json" },
        ...(method === "GET" ? {} : { body: Buffer.concat(chunks).toString() }),
      })
        .then(async (answer) =>
          outgoing.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text()),
        )
        .catch(() => outgoing.destroy());
    });
  });
  await new Promise<void>((resolve) => {
    relay.listen(0, "127.0.0.1", resolve);
  });
  const address = relay.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    server: { ...target, port },
    close() {
      relay.close();
      relay.closeAllConnections();
    },
  };
}
