/** The rules that are on without being written, and what a fleet makes of them. Pure. */
import type { ContainerColumn, NodeColumn } from "../metrics/samples.ts";
import type { AlertSeverity } from "./alert-receivers.ts";
import type { AlertLevel, AlertRule, Alerts } from "./alerts.ts";

/** What a rule looks at: one of the things that Berth knows, or a column of samples. */
export type AlertSubject =
  | "node-gone"
  | "instance-unhealthy"
  | "container-restarting"
  | "container-out-of-memory"
  | "disk-full"
  | "disk-filling"
  | "backup-late"
  | "backup-failed"
  | "backup-unproven"
  | "certificate-ends"
  | "drift"
  | "undelivered"
  | { node: NodeColumn }
  | { container: ContainerColumn };

/** One rule in force. Times are seconds. */
export interface EffectiveRule {
  name: string;
  subject: AlertSubject;
  severity: AlertSeverity;
  for: number;
  clearAfter: number;
  above: AlertLevel | undefined;
  below: AlertLevel | undefined;
  clear: AlertLevel | undefined;
  within: number | undefined;
  tenants: readonly string[] | undefined;
  services: readonly string[] | undefined;
  summary: string | undefined;
}

type Default = Pick<EffectiveRule, "subject" | "severity" | "for"> &
  Partial<Pick<EffectiveRule, "above" | "clear" | "within">>;

const [minute, hour, day] = [60, 3600, 86_400];

export const defaultRules = {
  "node-gone": { subject: "node-gone", severity: "critical", for: 2 * minute },
  "instance-unhealthy": { subject: "instance-unhealthy", severity: "critical", for: 5 * minute },
  "container-restarting": {
    subject: "container-restarting",
    severity: "warning",
    for: 0,
    above: { value: 3 },
    within: 15 * minute,
  },
  "container-out-of-memory": {
    subject: "container-out-of-memory",
    severity: "warning",
    for: 0,
    within: 15 * minute,
  },
  "node-memory": {
    subject: { node: "memoryBytes" },
    severity: "warning",
    for: 10 * minute,
    above: { share: 0.9 },
    clear: { share: 0.85 },
  },
  "container-memory": {
    subject: { container: "memoryBytes" },
    severity: "warning",
    for: 10 * minute,
    above: { share: 0.9 },
    clear: { share: 0.85 },
  },
  "disk-full": {
    subject: "disk-full",
    severity: "critical",
    for: 15 * minute,
    above: { share: 0.9 },
    clear: { share: 0.88 },
  },
  // Two hours are in memory: what goes on as in them for a day is believed, and no more.
  "disk-filling": {
    subject: "disk-filling",
    severity: "warning",
    for: hour,
    above: { share: 0.5 },
    within: day,
  },
  "backup-late": { subject: "backup-late", severity: "warning", for: 5 * minute },
  "backup-failed": { subject: "backup-failed", severity: "warning", for: 5 * minute },
  // Drills prove one tenant a week: seven days for each tenant, and some more. This is for eight.
  "backup-unproven": { subject: "backup-unproven", severity: "warning", for: 0, within: 60 * day },
  // Agents and the controller renew theirs when a third of its life is left, which is a month at least.
  "certificate-ends": { subject: "certificate-ends", severity: "warning", for: hour, within: 14 * day },
  drift: { subject: "drift", severity: "warning", for: hour },
  undelivered: { subject: "undelivered", severity: "warning", for: 5 * minute },
} as const satisfies Record<string, Default>;

export const defaultRuleNames: readonly string[] = Object.keys(defaultRules);

/** Shorter returns of what is amiss are the same alert. */
const defaultClearAfter = 5 * minute;

/** Every rule in force, Berth's own first. */
export function effectiveRules({ rules }: Pick<Alerts, "rules">): EffectiveRule[] {
  const own = Object.entries<Default>(defaultRules).flatMap(([name, standard]) => {
    const changes = rules[name] ?? {};
    return changes === false ? [] : [effective(name, standard, changes)];
  });
  const others = Object.entries(rules).flatMap(([name, rule]) => {
    if (rule === false || defaultRuleNames.includes(name)) return [];
    const subject = subjectOf(rule);
    return subject === undefined ? [] : [effective(name, { subject, severity: "warning", for: 5 * minute }, rule)];
  });
  return [...own, ...others];
}

function subjectOf({ node, container }: AlertRule): AlertSubject | undefined {
  if (node !== undefined) return { node };
  return container === undefined ? undefined : { container };
}

function effective(name: string, standard: Default, changes: Partial<AlertRule>): EffectiveRule {
  const above = changes.above ?? (changes.below === undefined ? standard.above : undefined);
  return {
    name,
    subject: standard.subject,
    severity: changes.severity ?? standard.severity,
    for: changes.for ?? standard.for,
    clearAfter: changes.clearAfter ?? defaultClearAfter,
    above,
    below: changes.below,
    // The standard's end belongs to the standard's threshold.
    clear: changes.clear ?? (changes.above === undefined && changes.below === undefined ? standard.clear : undefined),
    within: changes.within ?? standard.within,
    tenants: changes.tenants,
    services: changes.services,
    summary: changes.summary,
  };
}
