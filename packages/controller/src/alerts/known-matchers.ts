/** Whether a silence is of anything: what it names is to be there, or a typo would silence nothing. Pure. */
import type { AlertLabels, SilenceMatchers } from "@berth/shared/api/alerts";
import type { Status } from "@berth/shared/api/status";
import { defaultRuleNames } from "@berth/shared/fleet/alert-rules";
import type { Fleet } from "@berth/shared/fleet/schema";
import { unknownName } from "@berth/shared/fleet/unknown-name";

export interface KnownThings {
  /** null: nothing was applied yet. */
  fleet: Pick<Fleet, "alerts" | "tenants"> | null;
  status: Pick<Status, "nodes" | "instances">;
  /** What they are of may have left the fleet a moment ago. */
  active: Iterable<{ rule: string; labels: AlertLabels }>;
}

const kinds = ["rule", "node", "tenant", "instance"] as const;

/** Throws `not-found` for the first name that nothing has. */
export function requireKnown(matchers: SilenceMatchers, things: KnownThings): void {
  const known = namesOf(things);
  for (const kind of kinds) {
    const name = matchers[kind];
    if (name !== undefined && !known[kind].has(name)) throw unknownName(kind, name, known[kind]);
  }
}

function namesOf({ fleet, status, active }: KnownThings): Record<(typeof kinds)[number], Set<string>> {
  const alerts = [...active];
  const labelled = (label: "node" | "tenant" | "instance") => alerts.flatMap(({ labels }) => labels[label] ?? []);
  return {
    rule: new Set([...defaultRuleNames, ...Object.keys(fleet?.alerts.rules ?? {}), ...alerts.map(({ rule }) => rule)]),
    node: new Set([...status.nodes.map(({ name }) => name), ...labelled("node")]),
    tenant: new Set(["shared", ...Object.keys(fleet?.tenants ?? {}), ...labelled("tenant")]),
    instance: new Set([...status.instances.map(({ name }) => name), ...labelled("instance")]),
  };
}
