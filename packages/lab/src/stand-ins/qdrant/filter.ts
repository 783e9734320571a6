/** Conditions on points, as far as the fleet's programs use them; any other is refused rather than ignored. */
import { malformed, notOffered } from "./errors.ts";
import { asList, asObject, asText, isAbsent, isObject, type JsonObject, oneOrMany, optionalNumber } from "./json.ts";
import { isSameId, parseId, type PointId } from "./point-id.ts";

export interface Filterable {
  id: PointId;
  payload: JsonObject;
  /** Names of the vectors that it has; the unnamed one's is "". */
  vectorNames: readonly string[];
}

export type Predicate = (point: Filterable) => boolean;

const clauses = new Set(["must", "should", "must_not", "min_should"]);

/** An absent filter lets everything through. */
export function parseFilter(value: unknown): Predicate {
  if (isAbsent(value)) return () => true;
  const filter = asObject(value, "filter");
  const unknown = Object.keys(filter).find((key) => !clauses.has(key));
  if (unknown !== undefined) throw malformed(`unknown field \`${unknown}\` of a filter`);
  const must = oneOrMany(filter["must"]).map(parseCondition);
  const should = oneOrMany(filter["should"]).map(parseCondition);
  const mustNot = oneOrMany(filter["must_not"]).map(parseCondition);
  const enough = parseMinShould(filter["min_should"]);
  return (point) =>
    must.every((holds) => holds(point)) &&
    (should.length === 0 || should.some((holds) => holds(point))) &&
    !mustNot.some((holds) => holds(point)) &&
    enough(point);
}

function parseMinShould(value: unknown): Predicate {
  if (isAbsent(value)) return () => true;
  const { conditions, min_count: least } = asObject(value, "min_should");
  const parsed = asList(conditions, "min_should.conditions").map(parseCondition);
  const count = optionalNumber(least, "min_should.min_count") ?? 0;
  return (point) => parsed.filter((holds) => holds(point)).length >= count;
}

function parseCondition(value: unknown): Predicate {
  const condition = asObject(value, "a condition");
  if ("key" in condition) return parseFieldCondition(condition);
  if ("has_id" in condition) {
    const ids = asList(condition["has_id"], "has_id").map(parseId);
    return ({ id }) => ids.some((candidate) => isSameId(candidate, id));
  }
  if ("is_empty" in condition) return isEmpty(fieldOf(condition["is_empty"]));
  if ("is_null" in condition) {
    const path = fieldOf(condition["is_null"]);
    return ({ payload }) => valuesAt(payload, path).includes(null);
  }
  if ("has_vector" in condition) {
    const name = asText(condition["has_vector"], "has_vector");
    return ({ vectorNames }) => vectorNames.includes(name);
  }
  if (Object.keys(condition).some((key) => clauses.has(key))) return parseFilter(condition);
  throw notOffered(`the condition ${JSON.stringify(Object.keys(condition))}`);
}

function parseFieldCondition(condition: JsonObject): Predicate {
  const path = asText(condition["key"], "key");
  const { match, range } = condition;
  if (!isAbsent(match)) return onValues(path, parseMatch(asObject(match, "match")));
  if (!isAbsent(range)) return onValues(path, parseRange(asObject(range, "range")));
  if (condition["is_empty"] === true) return isEmpty(path);
  throw notOffered(`the condition ${JSON.stringify(Object.keys(condition))}`);
}

function onValues(path: string, holds: (value: unknown) => boolean): Predicate {
  return ({ payload }) => valuesAt(payload, path).some(holds);
}

function parseMatch(match: JsonObject): (value: unknown) => boolean {
  if ("value" in match) return (value) => value === match["value"];
  if ("any" in match) {
    const any = asList(match["any"], "match.any");
    return (value) => any.includes(value);
  }
  if ("except" in match) {
    const except = asList(match["except"], "match.except");
    return (value) => !except.includes(value);
  }
  if ("text" in match) {
    // Without a full-text index, a text matches as a part of the value.
    const part = asText(match["text"], "match.text");
    return (value) => typeof value === "string" && value.includes(part);
  }
  throw notOffered(`the match ${JSON.stringify(Object.keys(match))}`);
}

function parseRange(range: JsonObject): (value: unknown) => boolean {
  const bound = (name: string, otherwise: number): number => optionalNumber(range[name], `range.${name}`) ?? otherwise;
  const [gt, gte] = [bound("gt", -Infinity), bound("gte", -Infinity)];
  const [lt, lte] = [bound("lt", Infinity), bound("lte", Infinity)];
  return (value) => typeof value === "number" && value > gt && value >= gte && value < lt && value <= lte;
}

function fieldOf(value: unknown): string {
  return asText(asObject(value, "is_empty or is_null")["key"], "key");
}

/** Absent, null and an empty list are all empty. */
function isEmpty(path: string): Predicate {
  return ({ payload }) => valuesAt(payload, path).every((value) => value === null);
}

/** What stands at a path (`metadata.file_id`, `tags[]`); of a list, each of its items. */
function valuesAt(payload: unknown, path: string): unknown[] {
  const keys = path.split(".").map((key) => key.replace(/\[\]$/, ""));
  let values: unknown[] = [payload];
  for (const key of keys) {
    values = values.flatMap((value) => (isObject(value) && Object.hasOwn(value, key) ? flat(value[key]) : []));
  }
  return values;
}

function flat(value: unknown): unknown[] {
  return Array.isArray(value) ? value.flatMap(flat) : [value];
}
