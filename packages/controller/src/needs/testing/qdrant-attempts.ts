/**
 * What a tenant gone bad may try in Qdrant with user1's token. `{snapshot}` stands for a snapshot of user2's, `{port}` for
 * the server's, `{token}` for the token.
 */
import { tokensCollection } from "@berth/shared/operations/collections-claims";

export interface Attempt {
  method: string;
  path: string;
  body?: unknown;
  /** Where it is not the rights that end it: the path names nothing, or what no collection may be called. */
  status?: 404 | 422;
}

function form(content: string): FormData {
  const data = new FormData();
  data.set("snapshot", new File([content], "stolen.snapshot"));
  return data;
}

const theirs = "/collections/user2_openwebui_files";
const mine = "/collections/user1_openwebui_files";
const tokens = `/collections/${tokensCollection}`;
const point = { id: 7, vector: [0, 1], payload: { text: "changed" } };
const vectors = { size: 2, distance: "Cosine" };
const selector = { points: [7] };
const lookup = { collection: "user2_openwebui_files" };

export const attempts: [string, Attempt][] = [
  ["look at another's collection", { method: "GET", path: theirs }],
  ["ask whether it exists", { method: "GET", path: `${theirs}/exists` }],
  ["ask whether one exists that does not", { method: "GET", path: "/collections/user3_openwebui_files/exists" }],
  ["read a point", { method: "GET", path: `${theirs}/points/7` }],
  ["read points by id", { method: "POST", path: `${theirs}/points`, body: { ids: [7] } }],
  ["scroll", { method: "POST", path: `${theirs}/points/scroll`, body: {} }],
  ["count", { method: "POST", path: `${theirs}/points/count`, body: {} }],
  ["search", { method: "POST", path: `${theirs}/points/search`, body: { vector: [1, 0], limit: 3 } }],
  ["query", { method: "POST", path: `${theirs}/points/query`, body: { query: [1, 0] } }],
  ["scroll at a path with two slashes", { method: "POST", path: `/${theirs}//points/scroll/`, body: {} }],
  ["scroll at a path in other letters", { method: "POST", path: "/collections/user2_openwebui%5Ffiles/points/scroll" }],
  [
    "scroll by way of the own folder",
    { method: "POST", path: `${mine}%2F..%2Fuser2_openwebui_files/points/scroll`, status: 422 },
  ],
  [
    "look a vector up elsewhere",
    { method: "POST", path: `${mine}/points/query`, body: { query: 7, lookup_from: lookup } },
  ],
  [
    "look it up in a prefetch",
    {
      method: "POST",
      path: `${mine}/points/query`,
      body: { prefetch: { query: 7, lookup_from: lookup }, query: [1, 0] },
    },
  ],
  [
    "look it up in a list of prefetches, two deep",
    {
      method: "POST",
      path: `${mine}/points/query`,
      body: { prefetch: [{ prefetch: [{ query: 7, lookup_from: lookup }] }], query: [1, 0] },
    },
  ],
  ["write a point", { method: "PUT", path: `${theirs}/points?wait=true`, body: { points: [point] } }],
  ["delete a point", { method: "POST", path: `${theirs}/points/delete?wait=true`, body: selector }],
  ["delete all points", { method: "POST", path: `${theirs}/points/delete?wait=true`, body: { filter: {} } }],
  ["change a payload", { method: "POST", path: `${theirs}/points/payload`, body: { ...selector, payload: { a: 1 } } }],
  ["replace a payload", { method: "PUT", path: `${theirs}/points/payload`, body: { ...selector, payload: { a: 1 } } }],
  ["clear payloads", { method: "POST", path: `${theirs}/points/payload/clear`, body: selector }],
  [
    "delete keys of payloads",
    { method: "POST", path: `${theirs}/points/payload/delete`, body: { ...selector, keys: ["text"] } },
  ],
  ["write several things", { method: "POST", path: `${theirs}/points/batch`, body: { operations: [] } }],
  [
    "index another's payload",
    { method: "PUT", path: `${theirs}/index`, body: { field_name: "a", field_schema: "keyword" } },
  ],
  ["drop another's index", { method: "DELETE", path: `${theirs}/index/tenant_id` }],
  ["add a vector", { method: "PUT", path: `${theirs}/vectors/9`, body: { dense: { ...vectors, size: 9 } } }],
  ["drop a vector", { method: "DELETE", path: `${theirs}/vectors/x` }],
  ["drop another's collection", { method: "DELETE", path: theirs }],
  ["drop its own collection", { method: "DELETE", path: mine }],
  ["make a collection", { method: "PUT", path: "/collections/user1_openwebui_more", body: { vectors } }],
  ["make another's collection", { method: "PUT", path: "/collections/user2_openwebui_more", body: { vectors } }],
  ["change a collection", { method: "PATCH", path: mine, body: { params: {} } }],
  [
    "give another's collection a name of its own",
    {
      method: "POST",
      path: "/collections/aliases",
      body: { actions: [{ create_alias: { collection_name: "user2_openwebui_files", alias_name: "x" } }] },
    },
  ],
  ["list another's snapshots", { method: "GET", path: `${theirs}/snapshots` }],
  ["take a snapshot of another's collection", { method: "POST", path: `${theirs}/snapshots` }],
  ["download another's snapshot", { method: "GET", path: `${theirs}/snapshots/{snapshot}` }],
  ["delete another's snapshot", { method: "DELETE", path: `${theirs}/snapshots/{snapshot}` }],
  [
    "download it by way of the own folder",
    { method: "GET", path: `${mine}/snapshots/..%2Fuser2_openwebui_files%2F{snapshot}`, status: 422 },
  ],
  [
    "recover the own collection from another's snapshot",
    {
      method: "PUT",
      path: `${mine}/snapshots/recover`,
      body: {
        location: "http://127.0.0.1:{port}/collections/user2_openwebui_files/snapshots/{snapshot}",
        api_key: "{token}",
      },
    },
  ],
  [
    "have the server fetch an address",
    { method: "PUT", path: `${mine}/snapshots/recover`, body: { location: "http://127.0.0.1:9/" } },
  ],
  ["upload a snapshot", { method: "POST", path: `${mine}/snapshots/upload`, body: form("{}") }],
  ["upload one to another", { method: "POST", path: `${theirs}/snapshots/upload`, body: form("{}") }],
  ["list snapshots of the whole server", { method: "GET", path: "/snapshots" }],
  ["take a snapshot of the whole server", { method: "POST", path: "/snapshots" }],
  ["read metrics", { method: "GET", path: "/metrics?per_collection=true" }],
  ["read of the cluster", { method: "GET", path: "/cluster" }],
  ["read who is admitted", { method: "POST", path: `${tokens}/points/scroll`, body: {} }],
  ["count who is admitted", { method: "POST", path: `${tokens}/points/count`, body: {} }],
  ["look at the tokens' collection", { method: "GET", path: tokens }],
  [
    "admit a token",
    { method: "PUT", path: `${tokens}/points`, body: { points: [{ id: 1, vector: {}, payload: { token: "x" } }] } },
  ],
  ["shut others out", { method: "POST", path: `${tokens}/points/delete`, body: { filter: {} } }],
  ["drop the tokens' collection", { method: "DELETE", path: tokens }],
  ["take a snapshot of the tokens", { method: "POST", path: `${tokens}/snapshots` }],
];
