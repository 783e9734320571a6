/** Ids of points: unsigned integers, or UUIDs in any of the usual spellings. */
import { malformed } from "./errors.ts";

export type PointId = number | string;

const uuidPattern = /^(?:urn:uuid:|\{)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

export function parseId(value: unknown): PointId {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  const parts = typeof value === "string" ? uuidPattern.exec(value) : null;
  if (parts !== null) return parts.slice(1).join("-").toLowerCase();
  throw malformed(
    `value ${JSON.stringify(value)} is not a valid point ID, valid values are either an unsigned integer or a UUID`,
  );
}

/** A path's last segment. */
export function parseIdText(text: string): PointId {
  return parseId(/^\d+$/.test(text) ? Number(text) : text);
}

export function isSameId(first: PointId, second: PointId): boolean {
  return first === second;
}

/** Texts that sort as the original does: numbers first, by value. */
export function sortKey(id: PointId): string {
  return typeof id === "number" ? `n${String(id).padStart(20, "0")}` : `u${id}`;
}

export function fromSortKey(key: string): PointId {
  return key.startsWith("n") ? Number(key.slice(1)) : key.slice(1);
}
