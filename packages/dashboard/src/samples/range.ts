/** Which time charts show, as the address says it: `?range=24h`, or `?from=…&to=…` for a span that stands still. Pure. */
import type { Comparison } from "./comparison.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export const rollingRanges = [
  { name: "15m", label: "15 min", milliseconds: 15 * minute },
  { name: "1h", label: "1 h", milliseconds: hour },
  { name: "24h", label: "24 h", milliseconds: day },
  { name: "7d", label: "7 d", milliseconds: 7 * day },
  { name: "30d", label: "30 d", milliseconds: 30 * day },
  { name: "13mo", label: "13 months", milliseconds: 396 * day },
] as const;

export type RollingName = (typeof rollingRanges)[number]["name"];
/** The last so many milliseconds, which move on; or what lies between two moments. */
export type Range = { kind: "rolling"; name: RollingName } | { kind: "fixed"; from: number; to: number };

export interface Span {
  from: number;
  to: number;
}

/** What is shown second by second, as it happens. */
export const liveRange: Range = { kind: "rolling", name: "15m" };
/** Shorter spans hold no points. */
const leastMilliseconds = minute;
const mostMilliseconds = 396 * day;

export function rangeOf(search: string): Range {
  const parameters = new URLSearchParams(search);
  const rolling = rollingRanges.find(({ name }) => name === parameters.get("range"));
  if (rolling !== undefined) return { kind: "rolling", name: rolling.name };
  const from = Date.parse(parameters.get("from") ?? "");
  const to = Date.parse(parameters.get("to") ?? "");
  return from < to ? { kind: "fixed", ...bounded({ from, to }) } : liveRange;
}

/** The address of the range and what it is compared with; nothing for what a page begins with. */
export function searchOf(range: Range, comparison?: Comparison): string {
  const parts = [...rangeParts(range), ...(comparison === undefined ? [] : [`compare=${comparison}`])];
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function rangeParts(range: Range): string[] {
  if (isLive(range)) return [];
  if (range.kind === "rolling") return [`range=${range.name}`];
  return [`from=${toMoment(range.from)}`, `to=${toMoment(range.to)}`];
}

export function isLive(range: Range): boolean {
  return range.kind === "rolling" && range.name === "15m";
}

export function spanOf(range: Range, now: number): Span {
  return range.kind === "fixed" ? { from: range.from, to: range.to } : { from: now - lengthOf(range), to: now };
}

export function lengthOf(range: Range): number {
  if (range.kind === "fixed") return range.to - range.from;
  return rollingRanges.find(({ name }) => name === range.name)?.milliseconds ?? hour;
}

/** The same length, that share of it later (earlier when negative), but nothing of the future. */
export function shifted(range: Range, share: number, now: number): Range {
  const { from, to } = spanOf(range, now);
  const by = Math.min((to - from) * share, Math.max(0, now - to));
  return { kind: "fixed", from: from + by, to: to + by };
}

/** That many times as long, around the same middle. */
export function zoomed(range: Range, times: number, now: number): Range {
  const { from, to } = spanOf(range, now);
  const half = Math.min(Math.max((to - from) * times, leastMilliseconds), mostMilliseconds) / 2;
  const middle = Math.min((from + to) / 2, now - half);
  return { kind: "fixed", from: middle - half, to: middle + half };
}

/** Between two moments; what is too short becomes as long as it must. */
export function between(from: number, to: number): Range {
  return { kind: "fixed", ...bounded({ from, to }) };
}

function bounded({ from, to }: Span): Span {
  const middle = (from + to) / 2;
  if (to - from < leastMilliseconds)
    return { from: middle - leastMilliseconds / 2, to: middle + leastMilliseconds / 2 };
  return { from: Math.max(from, to - mostMilliseconds), to };
}

/** Whole seconds: nobody brushes finer. */
function toMoment(at: number): string {
  return new Date(Math.round(at / 1000) * 1000).toISOString().replace(".000Z", "Z");
}
