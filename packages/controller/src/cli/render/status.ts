/** Nodes and instances as tables. Pure. */
import type { FleetStatus, InstanceStatus, NodeStatus, Status, SuspendedInstance } from "@berth/shared/api/status";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { InstanceState, NodeState } from "@berth/shared/protocol/state";
import type { RenderOptions } from "../define-command.ts";
import { backupStatusLines } from "./backup-status.ts";
import { controllerStandingLines } from "./controller-standing.ts";
import { historyStatusLines } from "./history-status.ts";
import { groupBy } from "./operation.ts";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { count } from "./text.ts";
import { formatAge } from "./time.ts";
import { upgradeStatusLines } from "./upgrade-status.ts";

export function statusLines(status: FleetStatus, options: RenderOptions): string[] {
  if (status.fleet === null && status.nodes.length === 0) {
    return ["No fleet yet. Write a fleet file and run `berth apply fleet.yaml`."];
  }
  return [
    options.style.bold(`fleet ${printableLine(status.fleet ?? "-")}`),
    "",
    ...nodeLines(status.nodes, options),
    "",
    ...instanceLines(status.instances, options),
    "",
    summaryLine(status),
    ...suspendedLines(status.suspended),
    ...outdatedLines(status.nodes),
    ...backupStatusLines(status.backups, options),
    ...controllerStandingLines(status.controllerBackup, options),
    ...upgradeStatusLines(status.upgrades, options),
    ...historyStatusLines(status.history, options),
  ];
}

export function nodeLines(nodes: readonly NodeStatus[], { style, now, fit }: RenderOptions): string[] {
  if (nodes.length === 0) return ["No nodes."];
  return table(
    nodes,
    [
      { title: "NODE", value: (node) => node.name },
      { title: "ADDRESS", value: (node) => node.address },
      { title: "STATE", value: (node) => node.state, paint: (text, node) => nodeStatePaint(node.state, style)(text) },
      { title: "AGENT", value: agentText, paint: (text, node) => (node.outdated ? style.yellow(text) : text) },
      { title: "SEEN", value: (node) => seenText(node, now) },
      { title: "HOST", value: (node) => node.facts?.os, cutTo: 10 },
    ],
    style,
    fit,
  );
}

export function instanceLines(
  instances: readonly InstanceStatus[],
  { style, fit }: Pick<RenderOptions, "style" | "fit">,
): string[] {
  if (instances.length === 0) return ["No instances."];
  return table(
    instances,
    [
      { title: "INSTANCE", value: (instance) => instance.name },
      // Both are in the instance's name, too.
      { title: "SERVICE", value: (instance) => instance.service, leaveOut: 1 },
      { title: "VERSION", value: (instance) => shortDigests(instance.version), cutTo: 12 },
      { title: "NODE", value: (instance) => instance.node },
      { title: "TENANT", value: (instance) => instance.tenant, leaveOut: 2 },
      {
        title: "STATE",
        value: (instance) => instance.state,
        paint: (text, instance) => style[instanceColours[instance.state]](text),
      },
      { title: "PORTS", value: (instance) => instance.ports.join(",") },
      {
        title: "DRIFT",
        value: (instance) => instance.drift.join("; "),
        paint: (text) => style.yellow(text),
        cutTo: 8,
      },
    ],
    style,
    fit,
  );
}

const nodeColours = {
  online: "green",
  enrolling: "yellow",
  offline: "red",
  absent: "red",
} as const satisfies Record<NodeState, keyof Style>;

const instanceColours = {
  healthy: "green",
  starting: "yellow",
  unknown: "yellow",
  unhealthy: "red",
  stopped: "red",
  missing: "red",
} as const satisfies Record<InstanceState, keyof Style>;

export function nodeStatePaint(state: NodeState, style: Style): (text: string) => string {
  return style[nodeColours[state]];
}

function agentText(node: NodeStatus): string | null {
  return node.agentVersion !== null && node.outdated ? `${node.agentVersion} (outdated)` : node.agentVersion;
}

function seenText(node: NodeStatus, now: number): string {
  if (node.state === "online") return "now";
  return node.lastSeen === null ? "never" : formatAge(node.lastSeen, now);
}

/** Whether all that should run does, and as the fleet says. */
export function isWhole({ nodes, instances }: Status): boolean {
  const isHealthy = ({ state, drift }: InstanceStatus): boolean => state === "healthy" && drift.length === 0;
  return nodes.every(({ state }) => state === "online") && instances.every(isHealthy);
}

function outdatedLines(nodes: readonly NodeStatus[]): string[] {
  const outdated = nodes.filter((node) => node.outdated).length;
  return outdated === 0 ? [] : [`${count(outdated, "agent")} outdated: \`berth node upgrade-agent --outdated\`.`];
}

/** `Suspended: user1-n8n, shared-ollama, all of user3.` */
function suspendedLines(suspended: readonly SuspendedInstance[] = []): string[] {
  const alone = suspended.filter(({ withTenant }) => !withTenant).map(({ name }) => name);
  const tenants = new Set(suspended.flatMap(({ withTenant, tenant }) => (withTenant ? [`all of ${tenant}`] : [])));
  const named = [...alone, ...tenants];
  return named.length === 0 ? [] : [`Suspended: ${printableLine(named.join(", "))}.`];
}

/** `4 of 4 nodes online, 10 of 11 instances healthy (1 starting).` */
function summaryLine({ nodes, instances }: Status): string {
  const online = nodes.filter((node) => node.state === "online").length;
  const healthy = instances.filter((instance) => instance.state === "healthy").length;
  const others = groupBy(
    instances.filter((instance) => instance.state !== "healthy"),
    (instance) => instance.state,
  );
  const rest = [...others].map(([state, group]) => `${group.length} ${state}`).join(", ");
  return `${online} of ${count(nodes.length, "node")} online, ${healthy} of ${count(instances.length, "instance")} healthy${rest === "" ? "" : ` (${rest})`}.`;
}
