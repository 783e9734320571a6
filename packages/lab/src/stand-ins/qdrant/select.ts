/** Which points a request wants, and how much of each is told. */
import type { Schemas } from "@qdrant/js-client-rest";
import { malformed } from "./errors.ts";
import { parseFilter, type Predicate } from "./filter.ts";
import { asList, asText, isAbsent, isObject, type JsonObject } from "./json.ts";
import { parseId, type PointId } from "./point-id.ts";
import type { Storage, StoredPoint } from "./storage.ts";
import type { Vectors } from "./vectors.ts";

export interface Shown {
  payload: (payload: JsonObject) => JsonObject | undefined;
  vectors: (vectors: Vectors) => Schemas["VectorStructOutput"] | undefined;
}

/** `with_payload` and `with_vector`; what is left out is `otherwise` for the payload, and no vectors. */
export function parseShown(request: JsonObject, otherwise: boolean): Shown {
  const withPayload = isAbsent(request["with_payload"]) ? otherwise : request["with_payload"];
  const withVector = isAbsent(request["with_vector"]) ? false : request["with_vector"];
  return { payload: parseWithPayload(withPayload), vectors: parseWithVector(withVector) };
}

function parseWithPayload(value: unknown): Shown["payload"] {
  if (value === true) return (payload) => payload;
  if (value === false) return () => undefined;
  if (isObject(value) && "exclude" in value) {
    const excluded = texts(value["exclude"], "with_payload.exclude");
    return (payload) => pick(payload, (key) => !excluded.includes(key));
  }
  const included = texts(isObject(value) ? value["include"] : value, "with_payload");
  return (payload) => pick(payload, (key) => included.includes(key));
}

function parseWithVector(value: unknown): Shown["vectors"] {
  if (value === false) return () => undefined;
  if (value === true) return presentVectors;
  const names = texts(value, "with_vector");
  return (vectors) =>
    presentVectors(Object.fromEntries(Object.entries(vectors).filter(([name]) => names.includes(name))));
}

/** A vector without a name by itself, unless there are others. */
function presentVectors(vectors: Vectors): Schemas["VectorStructOutput"] {
  const unnamed = Object.keys(vectors).length === 1 ? vectors[""] : undefined;
  if (unnamed !== undefined) return [...unnamed];
  return Object.fromEntries(Object.entries(vectors).map(([name, vector]) => [name, [...vector]]));
}

export function presentRecord({ id, payload, vectors }: StoredPoint, shown: Shown): Schemas["Record"] {
  const told = shown.vectors(vectors);
  const record: Schemas["Record"] = { id, ...(told === undefined ? {} : { vector: told }) };
  const payloadTold = shown.payload(payload);
  return payloadTold === undefined ? record : { ...record, payload: { ...payloadTold } };
}

export function matching(storage: Storage, collection: string, filter: Predicate): StoredPoint[] {
  return [...storage.points(collection)].filter((point) => filter(asFilterable(point)));
}

export function asFilterable({ id, payload, vectors }: StoredPoint): Parameters<Predicate>[0] {
  return { id, payload, vectorNames: Object.keys(vectors) };
}

/** `{points: [ids]}` or `{filter}`: those of them that exist. */
export function selectPoints(storage: Storage, collection: string, selector: JsonObject): StoredPoint[] {
  if ("points" in selector) {
    return asList(selector["points"], "points")
      .map(parseId)
      .flatMap((id) => storage.point(collection, id) ?? []);
  }
  if ("filter" in selector) return matching(storage, collection, parseFilter(selector["filter"]));
  throw malformed("data did not match any variant of untagged enum PointsSelector");
}

export function distinctIds(value: unknown, what: string): PointId[] {
  return [...new Set(asList(value, what).map(parseId))];
}

function texts(value: unknown, what: string): string[] {
  return asList(value, what).map((item) => asText(item, what));
}

function pick(payload: JsonObject, keep: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(payload).filter(([key]) => keep(key)));
}
