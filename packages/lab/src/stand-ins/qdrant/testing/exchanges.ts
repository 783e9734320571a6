/** One of each request that the fleet's programs and Berth make, and of refusals, in an order in which they make sense. */
export interface Exchange {
  method: "GET" | "PUT" | "POST" | "DELETE";
  /** As Qdrant's description of its API has it. */
  operation: string;
  /** For what stands in braces. */
  parameters?: Readonly<Record<string, string>>;
  /** With its question mark. */
  query?: string;
  body?: unknown;
  status: number;
}

const collection = { collection_name: "files" };
const wait = "?wait=true";
const uuid = "6f2f6e0c-7f36-4c60-8a4b-0d4d2f5d2a01";
const ofTenant = { key: "tenant_id", match: { value: "file-1" } };

export const exchanges: readonly Exchange[] = [
  { method: "GET", operation: "/", status: 200 },
  { method: "GET", operation: "/collections", status: 200 },
  {
    ...{ method: "PUT", operation: "/collections/{collection_name}", parameters: collection, status: 200 },
    body: { vectors: { size: 2, distance: "Cosine" }, hnsw_config: { m: 0, payload_m: 16 } },
  },
  {
    ...{ method: "PUT", operation: "/collections/{collection_name}", parameters: collection, status: 409 },
    body: { vectors: { size: 2, distance: "Cosine" } },
  },
  {
    ...{ method: "PUT", operation: "/collections/{collection_name}", status: 200 },
    ...{ parameters: { collection_name: "tokens" }, body: {} },
  },
  {
    ...{
      method: "PUT",
      operation: "/collections/{collection_name}/index",
      parameters: collection,
      query: wait,
      status: 200,
    },
    body: { field_name: "tenant_id", field_schema: { type: "keyword", is_tenant: true } },
  },
  {
    ...{
      method: "PUT",
      operation: "/collections/{collection_name}/index",
      parameters: collection,
      query: wait,
      status: 200,
    },
    body: { field_name: "metadata.hash", field_schema: "keyword" },
  },
  { method: "GET", operation: "/collections/{collection_name}/exists", parameters: collection, status: 200 },
  {
    ...{
      method: "PUT",
      operation: "/collections/{collection_name}/points",
      parameters: collection,
      query: wait,
      status: 200,
    },
    body: {
      points: [
        { id: uuid, vector: [1, 0], payload: { text: "a", tenant_id: "file-1", metadata: { hash: "x" } } },
        { id: 7, vector: [0, 1], payload: { text: "b", tenant_id: "file-2" } },
      ],
    },
  },
  {
    ...{ method: "PUT", operation: "/collections/{collection_name}/points", parameters: collection, status: 200 },
    body: {
      batch: {
        ids: [8, 9],
        vectors: [
          [1, 1],
          [2, 1],
        ],
        payloads: [{ text: "c" }, null],
      },
    },
  },
  {
    ...{ method: "PUT", operation: "/collections/{collection_name}/points", parameters: collection, status: 400 },
    body: { points: [{ id: 1, vector: [1, 2, 3] }] },
  },
  {
    ...{ method: "PUT", operation: "/collections/{collection_name}/points", query: wait, status: 200 },
    ...{
      parameters: { collection_name: "tokens" },
      body: { points: [{ id: uuid, vector: {}, payload: { token: "a" } }] },
    },
  },
  {
    ...{ method: "PUT", operation: "/collections/{collection_name}/vectors/{vector_name}", query: wait, status: 200 },
    parameters: { ...collection, vector_name: "3" },
    body: { dense: { size: 3, distance: "Cosine" } },
  },
  { method: "GET", operation: "/collections/{collection_name}", parameters: collection, status: 200 },
  {
    method: "GET",
    operation: "/collections/{collection_name}/points/{id}",
    parameters: { ...collection, id: "7" },
    status: 200,
  },
  {
    method: "GET",
    operation: "/collections/{collection_name}/points/{id}",
    parameters: { ...collection, id: "77" },
    status: 404,
  },
  {
    ...{ method: "POST", operation: "/collections/{collection_name}/points", parameters: collection, status: 200 },
    body: { ids: [7, uuid], with_payload: ["text"], with_vector: true },
  },
  {
    ...{
      method: "POST",
      operation: "/collections/{collection_name}/points/scroll",
      parameters: collection,
      status: 200,
    },
    body: { limit: 1, filter: { should: [ofTenant, { has_id: [7] }, { is_empty: { key: "metadata.hash" } }] } },
  },
  {
    ...{
      method: "POST",
      operation: "/collections/{collection_name}/points/count",
      parameters: collection,
      status: 200,
    },
    body: { filter: { must: [ofTenant], must_not: [{ key: "text", match: { any: ["z"] } }] }, exact: true },
  },
  {
    ...{
      method: "POST",
      operation: "/collections/{collection_name}/points/query",
      parameters: collection,
      status: 200,
    },
    body: { query: [1, 0.2], limit: 3, filter: { must: [ofTenant] }, with_payload: true, with_vector: ["", "3"] },
  },
  {
    ...{
      method: "POST",
      operation: "/collections/{collection_name}/points/query",
      parameters: collection,
      status: 200,
    },
    body: { limit: 3, offset: 1 },
  },
  {
    ...{
      method: "POST",
      operation: "/collections/{collection_name}/points/payload",
      parameters: collection,
      status: 200,
    },
    body: { payload: { added: 1 }, points: [7] },
  },
  { method: "POST", operation: "/collections/{collection_name}/snapshots", parameters: collection, status: 200 },
  { method: "GET", operation: "/collections/{collection_name}/snapshots", parameters: collection, status: 200 },
  {
    ...{
      method: "PUT",
      operation: "/collections/{collection_name}/snapshots/recover",
      parameters: collection,
      status: 400,
    },
    body: { location: "file:///nowhere/at/all.snapshot", checksum: "0".repeat(64) },
  },
  {
    ...{
      method: "POST",
      operation: "/collections/{collection_name}/points/delete",
      parameters: collection,
      query: wait,
      status: 200,
    },
    body: { filter: { must: [ofTenant] } },
  },
  {
    ...{
      method: "POST",
      operation: "/collections/{collection_name}/points/delete",
      parameters: collection,
      status: 200,
    },
    body: { points: [7] },
  },
  {
    ...{ method: "DELETE", operation: "/collections/{collection_name}/index/{field_name}", query: wait, status: 200 },
    parameters: { ...collection, field_name: "metadata.hash" },
  },
  { method: "GET", operation: "/telemetry", status: 200 },
  { method: "GET", operation: "/issues", status: 200 },
  { method: "DELETE", operation: "/collections/{collection_name}", parameters: collection, status: 200 },
  { method: "GET", operation: "/collections/{collection_name}", parameters: collection, status: 404 },
];

export interface Answered {
  status: number;
  body: unknown;
}

export async function perform(
  { method, operation, parameters = {}, query = "", body }: Exchange,
  url: string,
  key: string,
): Promise<Answered> {
  const path = operation.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ""));
  const response = await fetch(`${url}${path}${query}`, {
    method,
    headers: { "api-key": key, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, body: await response.json() };
}
