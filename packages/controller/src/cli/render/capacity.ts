/** Limits against nodes and hosts as tables, each followed by the rule that it was counted by. Pure. */
import type { Capacity, Comparison, HostCapacity, NodeCapacity } from "@berth/shared/api/capacity";
import { roundSize } from "@berth/shared/fleet/units";
import type { RenderOptions } from "../define-command.ts";
import { printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { table, type Column } from "./table.ts";
import { count, pad, width, wrap } from "./text.ts";

export function capacityLines(capacity: Capacity, { style, columns }: RenderOptions): string[] {
  const { fleet, nodes, comparison, warnings } = capacity;
  const wrapped = (text: string): string[] => wrap(text, columns).map(style.dim);
  return [
    style.bold(`fleet ${printableLine(fleet)}`),
    "",
    ...nodeLines(nodes, style),
    ...warnings.flatMap((warning) => wrap(`${style.yellow("warning:")} ${printableLine(warning)}`, columns)),
    ...nodeRules(nodes).flatMap(wrapped),
    ...hostSection(capacity, style, wrapped),
    ...(comparison === null ? [] : ["", ...comparisonLines(comparison, style), ...comparisonRules.flatMap(wrapped)]),
  ];
}

function nodeLines(nodes: readonly NodeCapacity[], style: Style): string[] {
  if (nodes.length === 0) return ["No nodes."];
  const hasSuspended = nodes.some(({ suspendedBytes }) => suspendedBytes > 0);
  const size = (bytes: number | null): string => (bytes === null ? "?" : roundSize(bytes));
  const suspended: Column<NodeCapacity> = {
    title: "SUSPENDED",
    value: (node) => size(node.suspendedBytes),
    align: "right",
  };
  return table(
    nodes,
    [
      { title: "NODE", value: (node) => node.name },
      { title: "TEMPLATE", value: (node) => node.template },
      { title: "MEMORY", value: (node) => size(node.memoryBytes), align: "right" },
      { title: "LIMITS", value: (node) => size(node.limitBytes), align: "right" },
      { title: "SYSTEM", value: (node) => size(node.systemBytes), align: "right" },
      ...(hasSuspended ? [suspended] : []),
      {
        title: "HEAD-ROOM",
        value: (node) => size(node.headRoomBytes),
        align: "right",
        paint: (text, node) => (node.headRoomBytes !== null && node.headRoomBytes < 0 ? style.red(text) : text),
      },
      { title: "CORES", value: (node) => node.cores ?? "?", align: "right" },
      { title: "CPUS", value: cpuText, align: "right" },
    ],
    style,
  );
}

/** `4+` where other containers have no limit. */
function cpuText({ cpus, unlimitedContainers }: NodeCapacity): string {
  const limited = String(Number(cpus.toFixed(2)));
  if (unlimitedContainers === 0) return limited;
  return cpus === 0 ? "no limit" : `${limited}+`;
}

function nodeRules(nodes: readonly NodeCapacity[]): string[] {
  const [first] = nodes;
  if (first === undefined) return [];
  return [
    `LIMITS: memory that a node's instances may use, all their containers. SYSTEM: reserve of ${roundSize(first.systemBytes)} for the system, the Docker engine and the agent. CPUS: limits, + where some containers have none; cores are shared, so more than there are is no mistake.`,
    ...(nodes.some(({ suspendedBytes }) => suspendedBytes > 0)
      ? ["SUSPENDED: kept for suspended instances, which do not run."]
      : []),
    ...(nodes.some(({ source }) => source === null) ? ["?: known once the node's agent has connected."] : []),
  ];
}

function hostSection(
  { hosts, unaskedHosts, nodes }: Capacity,
  style: Style,
  wrapped: (text: string) => string[],
): string[] {
  if (hosts.length + unaskedHosts.length === 0 || nodes.length === 0) return [];
  return [
    "",
    ...(hosts.length === 0 ? [] : [...hostLines(hosts, style), ...hosts.flatMap(hostRules).flatMap(wrapped)]),
    ...unaskedHosts.flatMap(({ proxmox, reason }) =>
      wrapped(`How many more tenants fit on the host of '${proxmox}' is not known: ${printableLine(reason)}`),
    ),
  ];
}

function hostLines(hosts: readonly HostCapacity[], style: Style): string[] {
  return table(
    hosts,
    [
      { title: "PROXMOX", value: (host) => host.proxmox },
      { title: "MEMORY", value: (host) => roundSize(host.memoryBytes), align: "right" },
      { title: "FLEET", value: (host) => roundSize(host.fleetBytes), align: "right" },
      { title: "OTHERS", value: (host) => roundSize(host.otherBytes), align: "right" },
      { title: "SYSTEM", value: (host) => roundSize(host.systemBytes), align: "right" },
      { title: "DISK FREE", value: (host) => roundSize(host.storageFreeBytes), align: "right" },
      { title: "TO MAKE", value: (host) => roundSize(host.awaitedBytes), align: "right" },
      { title: "MORE TENANTS", value: moreTenantsText, align: "right" },
    ],
    style,
  );
}

function moreTenantsText({ moreTenants, limitedBy }: HostCapacity): string {
  return moreTenants === null ? "?" : `${moreTenants} (${limitedBy})`;
}

function hostRules({ proxmox, template, storage, moreTenants }: HostCapacity): string[] {
  if (template === null || moreTenants === null) {
    return [
      `On '${proxmox}' no tenant has an LXC that one more could be made like, and no template is named 'tenant'.`,
    ];
  }
  return [
    `On '${proxmox}' one more tenant is one more LXC of template '${template}'. It fits while all guests together, running or not, may use no more memory than the host has beside what Proxmox VE itself takes (SYSTEM), and while '${storage}' has its disk free beside the LXCs that are still to be made.`,
  ];
}

function comparisonLines(comparison: Comparison, style: Style): string[] {
  const { tenants, sharedBytes, tenantBytes, monolithicBytes, distributedBytes, savedBytes, savedPercent } = comparison;
  const rows = [
    ["monolithic", `${count(tenants, "tenant")} x ${roundSize(sharedBytes)}`, roundSize(monolithicBytes)],
    [
      "distributed",
      `${roundSize(sharedBytes)} shared + ${roundSize(tenantBytes)} of tenants`,
      roundSize(distributedBytes),
    ],
    savedBytes >= 0
      ? ["saved", `${savedPercent} %`, roundSize(savedBytes)]
      : ["more", `${-savedPercent} %`, roundSize(-savedBytes)],
  ] as const;
  const widths = [0, 1, 2].map((index) => Math.max(...rows.map((row) => width(row[index] ?? ""))));
  return rows.map(
    ([name, how, bytes]) =>
      `${style.bold(pad(name, widths[0] ?? 0))}  ${pad(how, widths[1] ?? 0)}  ${bytes.padStart(widths[2] ?? 0)}`,
  );
}

const comparisonRules = [
  "Monolithic: each tenant has a node like the shared ones together, and runs every service on it. Distributed: this fleet, the shared nodes once and each tenant's own.",
];
