/** A small HTTP server: routes by method and path, answers as values. */
import { timingSafeEqual } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  /** What stands for the `*` of the route. */
  rest: string;
  body: () => Promise<string>;
  /** The body as JSON, which must be an object. */
  json: () => Promise<Record<string, unknown>>;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** A text as it is, anything else as JSON, what comes bit by bit as lines of JSON. */
  body?: unknown;
  lines?: AsyncIterable<unknown>;
}

export type Handler = (asked: Asked) => Answer | Promise<Answer>;
/** By `GET /path`, `* /path` for every method, and `GET /path/*` for everything below. */
export type Routes = Readonly<Record<string, Handler>>;

/** An answer other than the wanted one. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const longestBody = 4_194_304;
const longestRoute = 1000;

export function createRoutedServer(routes: Routes): Server {
  // What is said exactly comes before what is said of many, and the longer before the shorter.
  const rank = (route: string): number => route.length - (route.endsWith("*") ? longestRoute : 0);
  const table = Object.entries(routes).toSorted(([left], [right]) => rank(right) - rank(left));
  return createServer((request, response) => {
    answer(table, request)
      .catch(refused)
      .then((answered) => send(response, answered))
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
}

async function answer(table: readonly (readonly [string, Handler])[], request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const method = request.method ?? "GET";
  for (const [route, handler] of table) {
    const rest = restOf(route, method, url.pathname);
    if (rest === undefined) continue;
    const body = (): Promise<string> => bodyOf(request);
    const json = async (): Promise<Record<string, unknown>> => objectFrom(await body());
    return handler({ method, path: url.pathname, query: url.searchParams, headers: request.headers, rest, body, json });
  }
  throw new Refusal(404, "Not Found");
}

function restOf(route: string, method: string, path: string): string | undefined {
  const [verb = "", pattern = ""] = route.split(" ");
  if (verb !== "*" && verb !== method && !(verb === "GET" && method === "HEAD")) return undefined;
  if (!pattern.endsWith("*")) return pattern === path ? "" : undefined;
  const start = pattern.slice(0, -1);
  return path.startsWith(start) ? path.slice(start.length) : undefined;
}

/** Counted as it comes: a body in HTTP's own chunks does not say how long it is. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  // The connection is left whole for the refusal.
  const incoming: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const part of incoming) {
    length += part.length;
    if (length > longestBody) throw new Refusal(413, "Too long");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function objectFrom(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (isObject(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Refusal(400, "The body is not a JSON object");
}

/** A text that somebody sent; anything else counts as none. */
export function textFrom(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refused(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Refusal) return { status: error.status, body: { error: message } };
  process.stderr.write(`${message}\n`);
  return { status: 500, body: { error: message } };
}

async function send(response: ServerResponse, { status = 200, headers = {}, body, lines }: Answer): Promise<void> {
  if (lines !== undefined) {
    response.writeHead(status, { "content-type": "application/x-ndjson", ...headers });
    for await (const line of lines) response.write(`${JSON.stringify(line)}\n`);
    response.end();
    return;
  }
  const isText = typeof body === "string" || Buffer.isBuffer(body);
  const type = isText ? "text/plain; charset=utf-8" : "application/json";
  response.writeHead(status, { ...(body === undefined ? {} : { "content-type": type }), ...headers });
  response.end(body === undefined || isText ? body : JSON.stringify(body));
}

export function page(title: string, rows: readonly (readonly [string, string])[]): Answer {
  const table = rows.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`);
  return {
    headers: { "content-type": "text/html; charset=utf-8" },
    body: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title} (stand-in)</title>
<h1>${title} (stand-in)</h1><p>The lab cannot have the real one: this only behaves like it towards Berth.</p>
<table>${table.join("")}</table></html>`,
  };
}

function escapeHtml(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Name and password of an `Authorization: Basic` header. */
export function basicCredentials(headers: Asked["headers"]): { name: string; password: string } | undefined {
  const [, encoded] = /^Basic (.+)$/i.exec(headers.authorization ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const [name = "", ...password] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return { name, password: password.join(":") };
}

export function bearerToken(headers: Asked["headers"]): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** Compares without telling by its time how much was right. */
export function sameText(left: string, right: string): boolean {
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}
