/** The services that the instance was given, used the way that Open WebUI uses them. */
import type { Settings } from "./settings.ts";

const requestMilliseconds = 5000;
/** Of the embedding model that Open WebUI has by default. */
const vectorSize = 384;
/** Its collections of vectors, behind the prefix. */
const collections = ["memories", "knowledge", "files", "web-search", "hash-based"] as const;
const probeId = "6f0e4a3e-5d0c-4a52-9c37-0f0b7c2f7f11";

export interface Connection {
  name: string;
  /** null: it was used; otherwise what it was answered, as a phrase. */
  failure: string | null;
  /** Refused rather than not reached: trying again does not help. */
  refused: boolean;
}

/** An answer that is no success; 4xx is a refusal. */
class Refused extends Error {}

/** Uses each of them once. */
export async function tryConnections(settings: Settings): Promise<Connection[]> {
  const uses: [string, () => Promise<void>][] = settings.ollamaBaseUrls.map((url) => ["ollama", () => listModels(url)]);
  const { qdrant, objectStore, searxngQueryUrl } = settings;
  if (qdrant !== undefined) uses.push(["qdrant", () => useCollections(qdrant)]);
  if (objectStore !== undefined) uses.push(["object store", () => useBucket(objectStore)]);
  if (searxngQueryUrl !== undefined)
    uses.push(["searxng", () => search(searxngQueryUrl, "berth").then(() => undefined)]);
  return Promise.all(uses.map(([name, use]) => tried(name, use)));
}

async function tried(name: string, use: () => Promise<void>): Promise<Connection> {
  try {
    await use();
    return { name, failure: null, refused: false };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return {
      name,
      failure,
      refused: error instanceof Refused || (error instanceof Error && "code" in error && isS3Code(error.code)),
    };
  }
}

/** AccessDenied and its like, which are written as no error of the network is. */
function isS3Code(code: unknown): boolean {
  return typeof code === "string" && /^[A-Z][a-z]/.test(code);
}

async function listModels(base: string): Promise<void> {
  await request(new URL("/api/tags", base));
}

/** Writes a vector to each collection, looks for it and removes it. */
async function useCollections({ uri, apiKey, prefix }: NonNullable<Settings["qdrant"]>): Promise<void> {
  const headers = { "content-type": "application/json", ...(apiKey === undefined ? {} : { "api-key": apiKey }) };
  const vector = Array.from({ length: vectorSize }, (_, index) => (index === 0 ? 1 : 0));
  const ask = (method: string, path: string, body?: object): Promise<Response> =>
    request(new URL(path, uri), { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  for (const name of collections) {
    const path = `/collections/${prefix}_${name}`;
    // What Open WebUI asks before each write; it would make the collection otherwise, which its token may not.
    await ask("GET", `${path}/exists`);
    const payload = { text: "", metadata: {}, tenant_id: "berth" };
    await ask("PUT", `${path}/points?wait=true`, { points: [{ id: probeId, vector, payload }] });
    await ask("POST", `${path}/points/query`, { query: vector, limit: 1 });
    await ask("POST", `${path}/points/delete?wait=true`, { points: [probeId] });
  }
}

async function useBucket(access: NonNullable<Settings["objectStore"]>): Promise<void> {
  // Its client takes a quarter of a second to load, which an instance without a bucket need not spend.
  const { openBucket } = await import("../base/bucket.ts");
  const bucket = openBucket(access);
  const key = access.keyPrefix === "" ? "berth-probe" : `${access.keyPrefix}/berth-probe`;
  await bucket.put(key, "probe");
  await bucket.remove(key);
}

/** Titles of what SearXNG finds. */
export async function search(queryUrl: string, words: string): Promise<string[]> {
  const url = new URL(queryUrl.replace("<query>", encodeURIComponent(words)));
  // Open WebUI asks for JSON whatever the URL says.
  url.searchParams.set("format", "json");
  const answer: unknown = await (await request(url)).json();
  const results = typeof answer === "object" && answer !== null && "results" in answer ? answer.results : [];
  return Array.isArray(results) ? results.map((result: { title?: unknown }) => String(result.title)) : [];
}

async function request(url: URL, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(requestMilliseconds) }).catch(
    (error: unknown) => {
      const reason = error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
      throw new Error(`${url.host} does not answer: ${reason instanceof Error ? reason.message : String(reason)}`);
    },
  );
  if (response.ok) return response;
  await response.body?.cancel();
  const what = `${init.method ?? "GET"} ${url.pathname} is answered with ${response.status}`;
  throw response.status < 500 ? new Refused(what) : new Error(what);
}
