/** The few requests to Qdrant that backups take, with the instance's own token. */
import { buffer } from "node:stream/consumers";
import { BerthError } from "@berth/shared/errors";
import type { BackupSource } from "@berth/shared/operations/backup-source";
import * as z from "zod";

/** As in operations/health.ts: without Node's fetch, which every agent would carry in memory. */
const http = process.getBuiltinModule("node:http");
const https = process.getBuiltinModule("node:https");

export type CollectionsSource = Extract<BackupSource, { kind: "collections" }>;

const requestMilliseconds = 60_000;
/** With vectors of 1536 dimensions a page is about 2 MB of JSON. */
const pageSize = 64;

const idSchema = z.union([z.int(), z.string()]);
export const pointSchema = z.object({ id: idSchema, payload: z.unknown(), vector: z.unknown() });
export type Point = z.output<typeof pointSchema>;
export type PointId = z.output<typeof idSchema>;

const pageSchema = z.object({
  result: z.object({ points: z.array(pointSchema), next_page_offset: idSchema.nullable() }),
});
const idPageSchema = z.object({
  result: z.object({ points: z.array(z.object({ id: idSchema })), next_page_offset: idSchema.nullable() }),
});
const infoSchema = z.object({ result: z.object({ config: z.object({ params: z.unknown() }) }) });

/** Parameters that the collection was made with: its vectors' sizes and distances. */
export async function collectionParameters(
  source: CollectionsSource,
  collection: string,
  signal: AbortSignal,
): Promise<unknown> {
  const { result } = infoSchema.parse(await ask(source, "GET", pathOf(collection), undefined, signal));
  return result.config.params;
}

/** For a drill: where collections are not a throw-away store's, the controller makes them. */
export async function createCollection(
  source: CollectionsSource,
  collection: string,
  parameters: unknown,
  signal: AbortSignal,
): Promise<void> {
  await ask(source, "PUT", pathOf(collection), parameters, signal);
}

/** Pages of all points with vectors and payloads, in the order of their ids. */
export async function* scrollPoints(
  source: CollectionsSource,
  collection: string,
  signal: AbortSignal,
): AsyncGenerator<Point[]> {
  const path = `${pathOf(collection)}/points/scroll`;
  for (let offset: PointId | null | undefined; offset !== null;) {
    const body = {
      limit: pageSize,
      with_payload: true,
      with_vector: true,
      ...(offset === undefined ? {} : { offset }),
    };
    const { result } = pageSchema.parse(await ask(source, "POST", path, body, signal));
    yield result.points;
    offset = result.next_page_offset;
  }
}

/** Pages of ids alone. */
export async function* scrollIds(
  source: CollectionsSource,
  collection: string,
  signal: AbortSignal,
): AsyncGenerator<PointId[]> {
  const path = `${pathOf(collection)}/points/scroll`;
  for (let offset: PointId | null | undefined; offset !== null;) {
    const options = { limit: 1000, with_payload: false, with_vector: false };
    const body = { ...options, ...(offset === undefined ? {} : { offset }) };
    const { result } = idPageSchema.parse(await ask(source, "POST", path, body, signal));
    yield result.points.map(({ id }) => id);
    offset = result.next_page_offset;
  }
}

export async function upsertPoints(
  source: CollectionsSource,
  collection: string,
  points: readonly Point[],
  signal: AbortSignal,
): Promise<void> {
  if (points.length === 0) return;
  await ask(source, "PUT", `${pathOf(collection)}/points?wait=true`, { points }, signal);
}

export async function deletePoints(
  source: CollectionsSource,
  collection: string,
  ids: readonly PointId[],
  signal: AbortSignal,
): Promise<void> {
  if (ids.length === 0) return;
  await ask(source, "POST", `${pathOf(collection)}/points/delete?wait=true`, { points: ids }, signal);
}

function pathOf(collection: string): string {
  return `/collections/${encodeURIComponent(collection)}`;
}

async function ask(
  { url, token }: CollectionsSource,
  method: string,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const target = new URL(`${url.replace(/\/+$/, "")}${path}`);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(requestMilliseconds)]);
  const headers = { "api-key": token, ...(body === undefined ? {} : { "content-type": "application/json" }) };
  try {
    const { status, text } = await exchange(target, { method, headers, signal: limited }, body);
    if (status >= 200 && status < 300) return JSON.parse(text);
    throw refused(target, method, status, text);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BerthError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new BerthError("store.failed", `Qdrant at ${target.host} does not answer ${method} ${path}: ${reason}`, {
      hint: "Does it run, and does the node's firewall let the node reach it?",
      cause: error,
    });
  }
}

interface Exchange {
  method: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

async function exchange(target: URL, options: Exchange, body: unknown): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const { request } = target.protocol === "https:" ? https : http;
  const asking = request(target, { ...options, agent: false }, (response) => {
    buffer(response).then((text) => resolve({ status: response.statusCode ?? 0, text: text.toString("utf8") }), reject);
  });
  asking.on("error", reject);
  asking.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

function refused({ host, pathname }: URL, method: string, status: number, text: string): BerthError {
  const [, reason = text] = /"error":"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
  const message = `Qdrant at ${host} answers ${method} ${pathname} with ${status}: ${reason.slice(0, 300)}`;
  const hint = status === 404 ? "Make the collections first: berth apply." : "Is the instance's token still valid?";
  return new BerthError(status === 404 ? "not-found" : "store.failed", message, { hint });
}
