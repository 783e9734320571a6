/** Upserting and deleting points, and changing their payloads. */
import { malformed } from "./errors.ts";
import { asList, asObject, asText, isAbsent, isObject, type JsonObject } from "./json.ts";
import { parseId } from "./point-id.ts";
import { distinctIds, selectPoints } from "./select.ts";
import type { Storage, StoredPoint } from "./storage.ts";
import { parseVectors, type VectorsSettings } from "./vectors.ts";

/** The number of the operation. */
export function upsert(storage: Storage, collection: string, request: JsonObject): number {
  const { vectors } = storage.require(collection);
  const points = parsePoints(request).map((point) => parsePoint(point, vectors));
  return storage.operate(collection, (version) => {
    for (const point of points) storage.put(collection, { ...point, version });
  });
}

/** `{points: [point…]}`, or `{batch: {ids, vectors, payloads}}` with the same in columns. */
function parsePoints(request: JsonObject): JsonObject[] {
  if ("points" in request) return asList(request["points"], "points").map((point) => asObject(point, "a point"));
  if (!("batch" in request)) throw malformed("data did not match any variant of untagged enum PointInsertOperations");
  const batch = asObject(request["batch"], "batch");
  const ids = asList(batch["ids"], "batch.ids");
  const payloads = isAbsent(batch["payloads"]) ? [] : asList(batch["payloads"], "batch.payloads");
  return ids.map((id, position) => ({
    id,
    vector: batchVector(batch["vectors"], position),
    payload: payloads[position],
  }));
}

function batchVector(vectors: unknown, position: number): unknown {
  if (!isObject(vectors)) return asList(vectors, "batch.vectors")[position];
  return Object.fromEntries(
    Object.entries(vectors).map(([name, column]) => [name, asList(column, `batch.vectors.${name}`)[position]]),
  );
}

function parsePoint(point: JsonObject, settings: VectorsSettings): Omit<StoredPoint, "version"> {
  // `vectors` is taken for `vector`, as the original does.
  const vector = point["vector"] ?? point["vectors"];
  if (isAbsent(vector)) throw malformed("missing field `vector`");
  return {
    id: parseId(point["id"]),
    vectors: parseVectors(vector, settings),
    payload: isAbsent(point["payload"]) ? {} : asObject(point["payload"], "payload"),
  };
}

export function deletePoints(storage: Storage, collection: string, request: JsonObject): number {
  storage.require(collection);
  const selected = selectPoints(storage, collection, request);
  return storage.operate(collection, () => {
    for (const { id } of selected) storage.remove(collection, id);
  });
}

/** POST adds to the payload, PUT puts another in its place. */
export function setPayload(storage: Storage, collection: string, request: JsonObject, replace: boolean): number {
  const given = asObject(request["payload"], "payload");
  return changePayloads(storage, collection, request, (payload) => (replace ? given : { ...payload, ...given }));
}

export function deletePayloadKeys(storage: Storage, collection: string, request: JsonObject): number {
  const keys = asList(request["keys"], "keys").map((key) => asText(key, "keys"));
  return changePayloads(storage, collection, request, (payload) =>
    Object.fromEntries(Object.entries(payload).filter(([key]) => !keys.includes(key))),
  );
}

export function clearPayload(storage: Storage, collection: string, request: JsonObject): number {
  return changePayloads(storage, collection, request, () => ({}));
}

function changePayloads(
  storage: Storage,
  collection: string,
  request: JsonObject,
  change: (payload: JsonObject) => JsonObject,
): number {
  storage.require(collection);
  const selector = isAbsent(request["points"]) ? request : { points: distinctIds(request["points"], "points") };
  const selected = selectPoints(storage, collection, selector);
  return storage.operate(collection, (version) => {
    for (const point of selected) storage.put(collection, { ...point, payload: change(point.payload), version });
  });
}
