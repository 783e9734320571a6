/** Retrieving, scrolling, counting and searching points. */
import type { Schemas } from "@qdrant/js-client-rest";
import { badInput, notFound, notOffered } from "./errors.ts";
import { parseFilter } from "./filter.ts";
import {
  asObject,
  isAbsent,
  isObject,
  type JsonObject,
  oneOrMany,
  optionalNumber,
  optionalText,
  wholeNumber,
} from "./json.ts";
import { parseId, type PointId } from "./point-id.ts";
import { asFilterable, distinctIds, matching, parseShown, presentRecord } from "./select.ts";
import type { Storage, StoredPoint } from "./storage.ts";
import { isMoreBetter, parseVector, score, type VectorSettings } from "./vectors.ts";

const defaultLimit = 10;

export function retrieve(storage: Storage, collection: string, request: JsonObject): Schemas["Record"][] {
  storage.require(collection);
  const shown = parseShown(request, true);
  return distinctIds(request["ids"], "ids")
    .flatMap((id) => storage.point(collection, id) ?? [])
    .map((point) => presentRecord(point, shown));
}

export function retrieveOne(storage: Storage, collection: string, id: PointId): Schemas["Record"] {
  storage.require(collection);
  const point = storage.point(collection, id);
  if (point === undefined) throw notFound(`Point with id ${id} does not exists!`);
  return presentRecord(point, parseShown({ with_vector: true }, true));
}

export function scroll(storage: Storage, collection: string, request: JsonObject): Schemas["ScrollResult"] {
  storage.require(collection);
  if (!isAbsent(request["order_by"])) throw notOffered("order_by");
  const limit = isAbsent(request["limit"]) ? defaultLimit : wholeNumber(request["limit"], "limit", 1);
  const filter = parseFilter(request["filter"]);
  const shown = parseShown(request, true);
  const from = isAbsent(request["offset"]) ? undefined : parseId(request["offset"]);
  const points: Schemas["Record"][] = [];
  for (const point of storage.points(collection, from)) {
    if (!filter(asFilterable(point))) continue;
    if (points.length === limit) return { points, next_page_offset: point.id };
    points.push(presentRecord(point, shown));
  }
  return { points, next_page_offset: null };
}

export function count(storage: Storage, collection: string, request: JsonObject): Schemas["CountResult"] {
  storage.require(collection);
  return { count: matching(storage, collection, parseFilter(request["filter"])).length };
}

/** POST points/search, the older way to ask for the nearest. */
export function search(storage: Storage, collection: string, request: JsonObject): Schemas["ScoredPoint"][] {
  const { vector } = request;
  const [nearest, using] = isObject(vector) ? [vector["vector"], vector["name"]] : [vector, undefined];
  return query(storage, collection, { ...request, query: nearest, using }).points;
}

/** POST points/query: the nearest to a vector or to a point, or, without a query, points in the order of their ids. */
export function query(storage: Storage, collection: string, request: JsonObject): Schemas["QueryResponse"] {
  storage.require(collection);
  const limit = isAbsent(request["limit"]) ? defaultLimit : wholeNumber(request["limit"], "limit", 1);
  const offset = isAbsent(request["offset"]) ? 0 : wholeNumber(request["offset"], "offset", 0);
  const shown = parseShown(request, false);
  const points = rank(storage, collection, request)
    .slice(offset, offset + limit)
    .map(([point, value]) => ({ ...presentRecord(point, shown), version: point.version, score: value }));
  return { points };
}

type Ranked = readonly [StoredPoint, number];

function rank(storage: Storage, collection: string, request: JsonObject): Ranked[] {
  const candidates = findCandidates(storage, collection, request);
  if (isAbsent(request["query"])) return candidates.map((point) => [point, 0] as const);
  const using = optionalText(request["using"], "using") ?? "";
  const settings = storage.require(collection).vectors[using];
  if (settings === undefined) throw badInput(`Not existing vector name error: ${using}`);
  const wanted = nearestVector(storage, collection, request, { using, settings });
  const direction = isMoreBetter(settings.distance) ? -1 : 1;
  const threshold = optionalNumber(request["score_threshold"], "score_threshold");
  return candidates
    .flatMap((point): Ranked[] => {
      const vector = point.vectors[using];
      return vector === undefined || wanted.exceptId === point.id
        ? []
        : [[point, score(settings.distance, wanted.vector, vector)]];
    })
    .filter(([, value]) => threshold === undefined || direction * value <= direction * threshold)
    .toSorted(([, first], [, second]) => direction * (first - second));
}

/** What the filter lets through; of the results of `prefetch`, if there is one. */
function findCandidates(storage: Storage, collection: string, request: JsonObject): StoredPoint[] {
  const found = matching(storage, collection, parseFilter(request["filter"]));
  const prefetches = oneOrMany(request["prefetch"]);
  if (prefetches.length === 0) return found;
  const fetched = new Set(
    prefetches.flatMap((prefetch) =>
      query(storage, collection, asObject(prefetch, "prefetch")).points.map(({ id }) => id),
    ),
  );
  return found.filter(({ id }) => fetched.has(id));
}

interface Wanted {
  vector: readonly number[];
  /** A point is not among those that are near to it. */
  exceptId?: PointId;
}

function nearestVector(
  storage: Storage,
  collection: string,
  request: JsonObject,
  { using, settings }: { using: string; settings: VectorSettings },
): Wanted {
  const value = isObject(request["query"]) ? request["query"]["nearest"] : request["query"];
  if (Array.isArray(value)) return { vector: parseVector(value, settings.size) };
  if (typeof value !== "number" && typeof value !== "string") throw notOffered("queries but for the nearest points");
  const lookup = isAbsent(request["lookup_from"]) ? {} : asObject(request["lookup_from"], "lookup_from");
  const source = optionalText(lookup["collection"], "lookup_from.collection") ?? collection;
  const name = optionalText(lookup["vector"], "lookup_from.vector") ?? using;
  storage.require(source);
  const exceptId = parseId(value);
  const vector = storage.point(source, exceptId)?.vectors[name];
  if (vector === undefined) throw notFound(`No point with id ${exceptId} found`);
  return source === collection ? { vector, exceptId } : { vector };
}

/** The other collections that a query reads, which its sender must have access to, too. */
export function lookedUpCollections(request: JsonObject): string[] {
  const lookups = [request["lookup_from"], request["with_lookup"]].flatMap((lookup) =>
    isObject(lookup) && typeof lookup["collection"] === "string" ? [lookup["collection"]] : [],
  );
  const deeper = oneOrMany(request["prefetch"]).flatMap((prefetch) =>
    isObject(prefetch) ? lookedUpCollections(prefetch) : [],
  );
  return [...lookups, ...deeper];
}
