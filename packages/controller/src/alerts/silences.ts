/** Which alerts a silence is for. Pure. */
import type { AlertLabels, SilenceMatchers } from "@berth/shared/api/alerts";

export interface SilenceRecord {
  id: number;
  matchers: SilenceMatchers;
  comment: string;
  account: string;
  createdAt: number;
  endsAt: number;
}

export interface Silenceable {
  rule: string;
  labels: AlertLabels;
}

export function isSilencedBy({ rule, labels }: Silenceable, { matchers }: Pick<SilenceRecord, "matchers">): boolean {
  return (
    fits(matchers.rule, rule) &&
    fits(matchers.node, labels.node) &&
    fits(matchers.tenant, labels.tenant) &&
    fits(matchers.instance, labels.instance)
  );
}

export function silencesOf(alert: Silenceable, silences: readonly SilenceRecord[], now: number): SilenceRecord[] {
  return silences.filter((silence) => silence.endsAt > now && isSilencedBy(alert, silence));
}

function fits(wanted: string | undefined, value: string | undefined): boolean {
  return wanted === undefined || wanted === value;
}
