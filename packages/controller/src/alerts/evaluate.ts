/** From what was known of alerts and what is found now to what is known now. Pure. */
import { type Finding, keyOf, type Look } from "./finding.ts";
import type { AlertState } from "./state.ts";

export interface Evaluation {
  active: ReadonlyMap<string, AlertState>;
  /** Those that are not as they were, ended ones among them, to be kept. */
  changed: AlertState[];
  /** Begun to be amiss, and well before they were told: nobody needs to know. */
  dropped: AlertState[];
}

export interface EvaluationOptions {
  now: number;
  /** How many times the alert has ended and come back within a day. */
  returnsOf: (key: string) => number;
}

/** What comes back again and again has to be well for longer and longer, up to this. */
const longestClearMilliseconds = 6 * 3_600_000;

export function evaluate(
  before: ReadonlyMap<string, AlertState>,
  { findings, blind }: Look,
  options: EvaluationOptions,
): Evaluation {
  const active = new Map<string, AlertState>();
  const changed: AlertState[] = [];
  const dropped: AlertState[] = [];
  const found = new Map(findings.map((finding) => [keyOf(finding), finding]));
  for (const [key, state] of before) {
    const finding = found.get(key);
    const next = finding === undefined ? withoutFinding(state, blind, options.now) : follow(state, finding, options);
    if (next === undefined) dropped.push(state);
    else {
      if (next.phase !== "ended") active.set(key, next);
      if (isChanged(state, next)) changed.push(next);
    }
  }
  for (const [key, finding] of found) {
    if (before.has(key) || finding.condition !== "bad") continue;
    const state = follow(begin(key, finding, options), finding, options);
    if (state === undefined) continue;
    active.set(key, state);
    changed.push(state);
  }
  return { active, changed, dropped };
}

/** Moves what counts time over a while in which nobody looked: neither amiss nor well counts it. */
export function skipTime(states: ReadonlyMap<string, AlertState>, milliseconds: number): Map<string, AlertState> {
  const moved = (moment: number | null) => (moment === null ? null : moment + milliseconds);
  return new Map(
    [...states].map(([key, state]) => [
      key,
      { ...state, badSince: moved(state.badSince), goodSince: moved(state.goodSince) },
    ]),
  );
}

function begin(key: string, finding: Finding, { now, returnsOf }: EvaluationOptions): AlertState {
  const { rule, labels, summary, description, value } = finding;
  return {
    ...{ key, rule: rule.name, severity: rule.severity, labels, summary, description, value },
    ...{ phase: "pending", since: now, badMilliseconds: 0, badSince: null, goodSince: null },
    ...{ firedAt: null, endedAt: null, returns: returnsOf(key), told: {} },
  };
}

/** undefined: it was nothing. */
function follow(state: AlertState, finding: Finding, { now }: EvaluationOptions): AlertState | undefined {
  const { rule, condition, labels } = finding;
  // What was last seen of it is told, and not that it cannot be seen, or is well.
  const seen =
    condition === "bad"
      ? { labels, value: finding.value, summary: finding.summary, description: finding.description }
      : {};
  const known = { ...state, severity: rule.severity, ...seen };
  switch (condition) {
    case "bad":
      return fired({ ...known, badSince: state.badSince ?? now, goodSince: null }, finding, now);
    case "held":
    case "unknown":
      return { ...paused(known, now), goodSince: null };
    case "good":
      return well({ ...paused(known, now), goodSince: state.goodSince ?? now }, rule.clearAfter * 1000, now);
  }
}

function fired(state: AlertState, { rule, for: own }: Finding, now: number): AlertState {
  const wanted = (own ?? rule.for) * 1000;
  if (state.phase !== "pending" || badFor(state, now) < wanted) return state;
  return { ...state, phase: "firing", firedAt: now };
}

function well(state: AlertState, clearMilliseconds: number, now: number): AlertState | undefined {
  const goodFor = now - (state.goodSince ?? now);
  if (state.phase === "pending") return goodFor >= clearMilliseconds ? undefined : state;
  return goodFor >= clearTime(clearMilliseconds, state.returns) ? { ...state, phase: "ended", endedAt: now } : state;
}

/** Doubled with each return, so that what flaps is told a few times and not fifty. */
export function clearTime(clearMilliseconds: number, returns: number): number {
  return Math.min(clearMilliseconds * 2 ** returns, Math.max(clearMilliseconds, longestClearMilliseconds));
}

function paused(state: AlertState, now: number): AlertState {
  return { ...state, badMilliseconds: badFor(state, now), badSince: null };
}

function badFor({ badMilliseconds, badSince }: AlertState, now: number): number {
  return badMilliseconds + (badSince === null ? 0 : Math.max(0, now - badSince));
}

/** The thing is gone, or the rule; or it cannot be seen. */
function withoutFinding(state: AlertState, blind: Look["blind"], now: number): AlertState | undefined {
  if (isUnseen(state, blind)) return { ...paused(state, now), goodSince: null };
  return state.phase === "pending" ? undefined : { ...state, phase: "ended", endedAt: now };
}

function isUnseen({ rule, labels: { node, mountpoint } }: AlertState, blind: Look["blind"]): boolean {
  if (node === undefined || !blind.rules.has(rule)) return false;
  return blind.nodes.has(node) || (mountpoint !== undefined && blind.mounts.has(node));
}

/** What is measured changes all the time, and is not worth being kept each time. */
function isChanged(one: AlertState, other: AlertState): boolean {
  return (
    one.phase !== other.phase ||
    one.severity !== other.severity ||
    one.badSince !== other.badSince ||
    one.goodSince !== other.goodSince ||
    one.badMilliseconds !== other.badMilliseconds
  );
}
