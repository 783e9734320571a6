import type { Target, Try } from "./target.ts";

/** By REST, as anybody would: the answer's body; what is not a success is thrown. */
export async function ask(
  target: Target,
  key: string | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const answer = await fetch(`http://${target.shared}:6333${path}`, {
    method,
    signal: AbortSignal.timeout(10_000),
    headers: { "content-type": "application/json", ...(key === undefined ? {} : { "api-key": key }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text.slice(0, 200)}`);
  return text;
}

export function tokenOf({ environments }: Target): string {
  return environments["openwebui"]?.["QDRANT_API_KEY"] ?? "";
}

const vector = Array.from({ length: 384 }, (_, index) => (index === 0 ? 1 : 0));

/** Everything that reads, writes or takes away, on a collection of somebody else. */
const requests: Record<string, [string, string, unknown?]> = {
  "reads about": ["GET", ""],
  scrolls: ["POST", "/points/scroll", { limit: 10 }],
  searches: ["POST", "/points/search", { vector, limit: 10 }],
  queries: ["POST", "/points/query", { query: vector, limit: 10 }],
  counts: ["POST", "/points/count", {}],
  "reads a point of": ["GET", "/points/1"],
  "writes to": ["PUT", "/points?wait=true", { points: [{ id: 1, vector, payload: {} }] }],
  "deletes points of": ["POST", "/points/delete?wait=true", { filter: {} }],
  "changes payloads of": ["POST", "/points/payload?wait=true", { payload: { stolen: true }, filter: {} }],
  "makes an index in": ["PUT", "/index?wait=true", { field_name: "x", field_schema: "keyword" }],
  "takes a snapshot of": ["POST", "/snapshots"],
  "lists snapshots of": ["GET", "/snapshots"],
  "changes settings of": ["PATCH", "", { optimizers_config: {} }],
  drops: ["DELETE", ""],
};

export function qdrantTries(target: Target): Try[] {
  const token = tokenOf(target);
  const onOthers = [...target.collections, "berth_tokens"].flatMap((collection) =>
    Object.entries(requests).map(([name, [method, path, body]]) => ({
      name: `with its token ${name} ${collection}`,
      run: () => ask(target, token, method, `/collections/${collection}${path}`, body),
    })),
  );
  const [first = ""] = target.collections;
  return [
    ...onOthers,
    { name: `without a key reads ${first}`, run: () => ask(target, undefined, "GET", `/collections/${first}`) },
    { name: `with a made-up key reads ${first}`, run: () => ask(target, "stolen", "GET", `/collections/${first}`) },
    {
      name: "with its token makes a collection",
      run: () => ask(target, token, "PUT", "/collections/intruder", { vectors: { size: 4, distance: "Cosine" } }),
    },
    {
      name: `with its token gives a collection of ${target.victim} another name`,
      run: () =>
        ask(target, token, "POST", "/collections/aliases", {
          actions: [{ create_alias: { collection_name: first, alias_name: `${target.own}_openwebui_files` } }],
        }),
    },
    { name: "with its token takes a snapshot of the whole store", run: () => ask(target, token, "POST", "/snapshots") },
    { name: "with its token looks at the cluster", run: () => ask(target, token, "GET", "/cluster") },
  ];
}
