/** Alerts as the API tells them. Pure. */
import type { Alert, Silence, SilenceMatchers } from "@berth/shared/api/alerts";
import { silencesOf, type SilenceRecord } from "./silences.ts";
import { idOf, type AlertState } from "./state.ts";

export function presentAlert(state: AlertState, silences: readonly SilenceRecord[], now: number): Alert {
  const { rule, severity, labels, summary, description, value, phase, returns, told } = state;
  return {
    ...{ id: idOf(state), rule, severity, labels, summary, description, value, state: phase, returns },
    since: iso(state.since),
    firedAt: isoOrNull(state.firedAt),
    endedAt: isoOrNull(state.endedAt),
    wellSince: phase === "firing" ? isoOrNull(state.goodSince) : null,
    silencedBy: phase === "ended" ? [] : silencesOf(state, silences, now).map(({ id }) => id),
    told: Object.keys(told),
  };
}

/**
 * Whether it is anybody's business at this moment. What began and is well before it was told is kept for a while, since
 * it may come and go, and is not amiss meanwhile.
 */
export function isShown({ phase, goodSince }: AlertState): boolean {
  return phase !== "pending" || goodSince === null;
}

export function presentSilence({ createdAt, endsAt, ...silence }: SilenceRecord): Silence {
  return { ...silence, createdAt: iso(createdAt), endsAt: iso(endsAt) };
}

/** `node user1, rule drift` */
export function matcherWords(matchers: SilenceMatchers): string {
  return Object.entries(matchers)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]))
    .join(", ");
}

/** Firing first, what is critical before others, the latest first among equals. */
export function inOrder(alerts: readonly Alert[]): Alert[] {
  const rank = ({ state, severity, silencedBy }: Alert) =>
    (state === "firing" ? 0 : 4) + (silencedBy.length > 0 ? 2 : 0) + (severity === "critical" ? 0 : 1);
  return alerts.toSorted((one, other) => rank(one) - rank(other) || other.since.localeCompare(one.since));
}

function iso(moment: number): string {
  return new Date(moment).toISOString();
}

function isoOrNull(moment: number | null): string | null {
  return moment === null ? null : iso(moment);
}
