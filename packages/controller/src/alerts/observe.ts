/** What every rule in force finds. Pure. */
import type { EffectiveRule } from "@berth/shared/fleet/alert-rules";
import type { Finding, Look } from "./finding.ts";
import { containerColumn, nodeColumn } from "./observe-columns.ts";
import { disksFilling, disksFull } from "./observe-disks.ts";
import {
  backupsFailed,
  backupsLate,
  backupsUnproven,
  certificatesEnding,
  containersOutOfMemory,
  containersRestarting,
  drifting,
  instancesUnhealthy,
  nodesGone,
  undelivered,
} from "./observe-fleet.ts";
import type { AlertView } from "./view.ts";

export function observe(rules: readonly EffectiveRule[], view: AlertView): Look {
  return {
    findings: rules.flatMap((rule) => findingsOf(rule, view).filter((finding) => isOf(rule, finding))),
    blind: {
      // Of a node that has just gone away, the last samples are fresh for a while, and no rule looks at them.
      nodes: new Set(
        view.status.nodes
          .filter(({ name, state }) => state !== "online" || !view.means.has(name))
          .map(({ name }) => name),
      ),
      mounts: new Set(view.status.nodes.filter(({ name }) => view.fileSystems(name) === null).map(({ name }) => name)),
      rules: new Set(rules.filter(isOfSamples).map(({ name }) => name)),
    },
  };
}

function isOfSamples({ subject }: EffectiveRule): boolean {
  return typeof subject === "object" || subject === "disk-full" || subject === "disk-filling";
}

function findingsOf(rule: EffectiveRule, view: AlertView): Finding[] {
  const { subject } = rule;
  if (typeof subject === "object") {
    return "node" in subject ? nodeColumn(rule, subject.node, view) : containerColumn(rule, subject.container, view);
  }
  switch (subject) {
    case "node-gone":
      return nodesGone(rule, view);
    case "instance-unhealthy":
      return instancesUnhealthy(rule, view);
    case "container-restarting":
      return containersRestarting(rule, view);
    case "container-out-of-memory":
      return containersOutOfMemory(rule, view);
    case "disk-full":
      return disksFull(rule, view);
    case "disk-filling":
      return disksFilling(rule, view);
    case "backup-late":
      return backupsLate(rule, view);
    case "backup-failed":
      return backupsFailed(rule, view);
    case "backup-unproven":
      return backupsUnproven(rule, view);
    case "certificate-ends":
      return certificatesEnding(rule, view);
    case "drift":
      return drifting(rule, view);
    case "undelivered":
      return undelivered(rule, view);
  }
}

function isOf({ tenants, services }: EffectiveRule, { labels }: Finding): boolean {
  if (tenants !== undefined && (labels.tenant === undefined || !tenants.includes(labels.tenant))) return false;
  return services === undefined || (labels.service !== undefined && services.includes(labels.service));
}
