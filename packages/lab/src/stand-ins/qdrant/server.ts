/** Qdrant's HTTP side: health without a key, everything else with one. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { authenticate } from "./authenticate.ts";
import { malformed, Refusal } from "./errors.ts";
import { parseObject } from "./json.ts";
import { parseFilter } from "./filter.ts";
import { type Answer, type Asked, routes, type Stores } from "./routes.ts";
import { matching } from "./select.ts";
import { versionInfo } from "./service.ts";
import type { Keys } from "./settings.ts";

/** `max_request_size_mb` of config/config.yaml; snapshots may be larger. */
const longestBody = 32 * 1024 * 1024;
const longestUpload = 512 * 1024 * 1024;

export function createQdrantServer(stores: Stores, keys: Keys): Server {
  return createServer((request, response) => {
    respond(stores, keys, request, response).catch((error: unknown) => refuse(response, error, Date.now()));
  });
}

async function respond(stores: Stores, keys: Keys, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = Date.now();
  const [rawPath = "/", query = ""] = (request.url ?? "/").split("?", 2);
  // As actix's NormalizePath: several slashes count as one, and one at the end as none.
  const path = rawPath.replaceAll(/\/{2,}/g, "/").replace(/(.)\/$/, "$1");
  const open = openPaths[path];
  if (request.method === "GET" && open !== undefined) {
    response.writeHead(200, { "content-type": open.type }).end(open.body);
    return;
  }
  const access = authenticate(request.headers, {
    keys,
    nowSeconds: Date.now() / 1000,
    valueExists: ({ collection, matches }) => {
      if (stores.storage.find(collection) === undefined) return undefined;
      const filter = parseFilter({ must: matches.map(({ key, value }) => ({ key, match: { value } })) });
      return matching(stores.storage, collection, filter).length > 0;
    },
  });
  const found = findRoute(request.method ?? "GET", path);
  if (found === undefined) {
    response.writeHead(404).end();
    return;
  }
  found.route.check(access, found.parameters);
  send(
    response,
    await found.route.answer(asked(request, new URLSearchParams(query), found.parameters, access, stores)),
    started,
  );
}

const openPaths: Readonly<Record<string, { type: string; body: string }>> = {
  "/": { type: "application/json", body: JSON.stringify(versionInfo) },
  "/healthz": { type: "text/plain; charset=utf-8", body: "healthz check passed" },
  "/livez": { type: "text/plain; charset=utf-8", body: "healthz check passed" },
  "/readyz": { type: "text/plain; charset=utf-8", body: "all shards are ready" },
};

/** The first route that fits; a segment in braces fits any, and is decoded after the path is taken apart. */
function findRoute(method: string, path: string) {
  const segments = path.split("/");
  for (const route of routes) {
    const pattern = route.path.split("/");
    if (route.method !== method || pattern.length !== segments.length) continue;
    const parameters: Record<string, string> = {};
    const fits = pattern.every((part, position) => {
      const segment = segments[position] ?? "";
      if (!part.startsWith("{")) return part === segment;
      parameters[part.slice(1, -1)] = decode(segment);
      return segment !== "";
    });
    if (fits) return { route, parameters };
  }
  return undefined;
}

/** A collection's name holds no slash, however it is written: it would lead to another folder. */
function decode(segment: string): string {
  let name: string;
  try {
    name = decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) throw new Refusal(400, "Deserialize error in path parameters");
    throw error;
  }
  if (/[/\0]/.test(name) || name === "." || name === "..") {
    throw new Refusal(
      422,
      'Validation error in path parameters: [collection_name: collection name cannot contain "/" char]',
    );
  }
  return name;
}

function asked(
  request: IncomingMessage,
  query: URLSearchParams,
  parameters: Readonly<Record<string, string>>,
  access: Asked["access"],
  stores: Stores,
): Asked {
  return {
    ...stores,
    access,
    parameters,
    query,
    json: async () => parseObject((await readBody(request, longestBody)).toString()),
    file: async () => readFile(request, await readBody(request, longestUpload)),
  };
}

/** Counted as it comes: a body in HTTP's own chunks does not say how long it is. */
async function readBody(request: IncomingMessage, longest: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  // The connection is left whole for the refusal.
  const incoming: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const part of incoming) {
    length += part.length;
    if (length > longest) throw new Refusal(413, "JSON payload is too large");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function readFile(request: IncomingMessage, body: Buffer): Promise<{ name: string; content: Buffer }> {
  const form = await new Response(new Uint8Array(body), {
    headers: { "content-type": request.headers["content-type"] ?? "" },
  }).formData();
  const file = form.get("snapshot");
  if (file === null || typeof file === "string") throw malformed("Field 'snapshot' is required");
  return { name: file.name, content: Buffer.from(await file.arrayBuffer()) };
}

function send(response: ServerResponse, answer: Answer, started: number): void {
  if ("file" in answer) {
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(answer.file);
    return;
  }
  sendJson(response, 200, { result: answer.result, status: "ok", time: secondsSince(started) });
}

function refuse(response: ServerResponse, error: unknown, started: number): void {
  const { status, message, isPlain } =
    error instanceof Refusal ? error : new Refusal(500, `Service internal error: ${String(error)}`);
  // What is left of a body that nobody reads would be taken for the next request.
  response.setHeader("connection", "close");
  if (isPlain) {
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(message);
    return;
  }
  sendJson(response, status, { status: { error: message }, time: secondsSince(started) });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function secondsSince(started: number): number {
  return (Date.now() - started) / 1000;
}
