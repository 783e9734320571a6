/** What a rule says of one thing at one moment. */
import type { AlertLabels } from "@berth/shared/api/alerts";
import type { EffectiveRule } from "@berth/shared/fleet/alert-rules";

/**
 * `held`: between the threshold and the level at which all is well again: nothing begins, nothing ends. `unknown`: it
 * cannot be seen now, and what is known of it stays.
 */
export type Condition = "bad" | "held" | "good" | "unknown";

export interface Finding {
  rule: EffectiveRule;
  /** The thing, among those that the rule looks at. */
  subject: string;
  labels: AlertLabels;
  condition: Condition;
  value: number | null;
  /** One sentence, without a full stop. */
  summary: string;
  /** What to do. */
  description: string;
  /** In place of the rule's `for`. Seconds. */
  for?: number;
}

export interface Look {
  findings: Finding[];
  /**
   * Nodes of which no samples are known, or nothing of file systems, and rules that look at these: what they found there
   * is as it was.
   */
  blind: { nodes: ReadonlySet<string>; mounts: ReadonlySet<string>; rules: ReadonlySet<string> };
}

/** Names an alert as long as it lasts. */
export function keyOf({ rule, subject }: Pick<Finding, "rule" | "subject">): string {
  return `${rule.name}/${subject}`;
}
