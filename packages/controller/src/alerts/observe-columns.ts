/** What rules find in columns of samples. Pure. */
import type { AlertLabels } from "@berth/shared/api/alerts";
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import type { EffectiveRule } from "@berth/shared/fleet/alert-rules";
import type { AlertLevel } from "@berth/shared/fleet/alerts";
import {
  containerValue,
  nodeValue,
  type ContainerColumn,
  type NodeColumn,
  type Row,
} from "@berth/shared/metrics/samples";
import { formatBytes, formatCores, formatRate, formatShare } from "@berth/shared/metrics/units";
import type { Condition, Finding } from "./finding.ts";
import { instanceLabels, nodeLabels } from "./labels.ts";
import type { AlertView } from "./view.ts";

export function nodeColumn(rule: EffectiveRule, column: NodeColumn, view: AlertView): Finding[] {
  return view.status.nodes.flatMap((node): Finding[] => {
    const row = view.means.get(node.name)?.node;
    if (row === undefined || node.state !== "online") return [];
    const reading = { value: nodeValue(row, column), limit: nodeLimit(row, column, node) };
    return [
      { rule, subject: node.name, labels: nodeLabels(node.name, view), ...judge(rule, column, node.name, reading) },
    ];
  });
}

export function containerColumn(rule: EffectiveRule, column: ContainerColumn, view: AlertView): Finding[] {
  const instances = new Map(view.status.instances.map((instance) => [`${instance.node}/${instance.name}`, instance]));
  return [...view.means].flatMap(([node, { containers }]) =>
    [...containers].flatMap(([name, { instance: owner, row }]): Finding[] => {
      const instance = instances.get(`${node}/${owner}`);
      const labels = { ...containerLabels(node, instance, view), container: name };
      const limit = column === "memoryBytes" ? containerValue(row, "memoryLimitBytes") : undefined;
      const reading = { value: containerValue(row, column), limit };
      return [{ rule, subject: `${node}/${name}`, labels, ...judge(rule, column, `${name} on ${node}`, reading) }];
    }),
  );
}

interface Reading {
  value: number;
  /** What the value is a share of; undefined: nothing. */
  limit: number | undefined;
}

function judge(
  rule: EffectiveRule,
  column: NodeColumn | ContainerColumn,
  what: string,
  reading: Reading,
): Pick<Finding, "condition" | "value" | "summary" | "description"> {
  const { value, limit } = reading;
  const share = limit === undefined ? "" : `, ${formatShare(value / limit)} of ${formatColumn(column, limit)}`;
  const words = rule.summary ?? `${columnWords[column]} of ${what}`;
  return {
    value,
    condition: levelCondition(rule, reading),
    summary: `${words}: ${formatColumn(column, value)}${share}`,
    description: advice[column] ?? "",
  };
}

/** Pure comparison with the thresholds; `held` between one and the level of all being well. */
export function levelCondition(
  { above, below, clear }: Pick<EffectiveRule, "above" | "below" | "clear">,
  { value, limit }: Reading,
): Condition {
  const level = (of: AlertLevel | undefined) =>
    of === undefined ? undefined : "value" in of ? of.value : of.share * (limit ?? Number.NaN);
  const [high, low, end] = [level(above), level(below), level(clear)];
  if ([value, high, low, end].some((number) => Number.isNaN(number))) return "unknown";
  if (high !== undefined) return value > high ? "bad" : value > (end ?? high) ? "held" : "good";
  if (low !== undefined) return value < low ? "bad" : value < (end ?? low) ? "held" : "good";
  return "unknown";
}

function nodeLimit(row: Row, column: NodeColumn, { facts }: NodeStatus): number | undefined {
  if (column === "memoryBytes") return known(nodeValue(row, "memoryLimitBytes"));
  // A file system that tells no size tells nothing else either.
  if (column === "diskUsedBytes") return known(nodeValue(row, "diskSizeBytes"));
  return column === "cpuCores" ? facts?.cores : undefined;
}

function known(limit: number): number {
  return limit > 0 ? limit : Number.NaN;
}

/** A container that is no instance's has a node and a name alone. */
function containerLabels(node: string, instance: InstanceStatus | undefined, view: AlertView): AlertLabels {
  return instance === undefined ? nodeLabels(node, view) : instanceLabels(instance);
}

const columnWords: Record<NodeColumn | ContainerColumn, string> = {
  cpuCores: "CPU",
  memoryBytes: "Memory",
  memoryLimitBytes: "Memory limit",
  swapBytes: "Swap",
  networkReceiveBytesPerSecond: "Network received",
  networkTransmitBytesPerSecond: "Network sent",
  diskReadBytesPerSecond: "Disk reads",
  diskWriteBytesPerSecond: "Disk writes",
  diskUsedBytes: "Disk",
  diskSizeBytes: "Disk size",
  processes: "Processes",
  cpuPressure: "Time spent waiting for CPU",
  memoryPressure: "Time spent waiting for memory",
  ioPressure: "Time spent waiting for disks",
  loadAverage: "Load average",
  cpuThrottled: "CPU time held back by the limit",
};

export const diskAdvice = "Make it larger, or room on it: a full disk stops databases, and what writes logs.";

const advice: Partial<Record<NodeColumn | ContainerColumn, string>> = {
  memoryBytes: "At its limit the kernel ends processes in it. `memory` in the fleet file gives it more.",
  diskUsedBytes: diskAdvice,
};

function formatColumn(column: NodeColumn | ContainerColumn, value: number): string {
  if (column === "cpuCores" || column === "cpuThrottled") return `${formatCores(value)} cores`;
  if (column.endsWith("Pressure")) return formatShare(value);
  if (column === "loadAverage") return value.toFixed(2);
  if (column === "processes") return String(Math.round(value));
  return column.endsWith("PerSecond") ? formatRate(value) : formatBytes(value);
}
