/** What somebody should look at, worst first. Pure. */
import type { RunSummary } from "@berth/shared/api/runs";
import type { ControllerStanding, InstanceStatus, NodeStatus, OwnerBackups, Status } from "@berth/shared/api/status";
import type { HistoryStatus } from "@berth/shared/metrics/history";
import { formatShare } from "@berth/shared/metrics/units";
import { formatCount } from "../format/count.ts";
import { formatSpan } from "../format/time.ts";
import type { FillLevel } from "./fill-level.ts";
import { keyTrouble, standingOf, troubleText } from "./backup-rows.ts";
import { backupsPath, instancePath, ownerBackupsPath, nodePath, runPath } from "../routes/route.ts";
import { isPendingInstance, type PendingWork } from "./pending.ts";

export interface Attention {
  /** Stable while the cause lasts. */
  key: string;
  severity: "problem" | "warning";
  /** What it concerns, and where to read on. */
  subject: string;
  href: string;
  text: string;
}

/** How full something is, 0 to 1. */
export interface Fill {
  node: string;
  /** null: the node itself. */
  container: string | null;
  instance: string | null;
  what: "memory" | "disk";
  share: number;
  level: FillLevel;
}

const clockSkewWarningMilliseconds = 5_000;
const restartsWarning = 3;

/** One line for all of them, on the page that says more. */
export function ofBackups(owners: readonly OwnerBackups[] | undefined, now: number): Attention[] {
  const troubled = owners?.filter((owner) => !["complete", "none"].includes(standingOf(owner))) ?? [];
  const [first, ...others] = troubled;
  if (first === undefined) return [];
  const about = { key: "backups", severity: "warning" } as const;
  if (others.length === 0) {
    const text = `of ${first.owner}: ${standingOf(first)}${dueText(first, now)}`;
    return [{ ...about, subject: "Backup", href: ownerBackupsPath(first.owner), text }];
  }
  return [
    { ...about, subject: "Backups", href: backupsPath, text: `of ${troubled.length} owners: ${troubleText(troubled)}` },
  ];
}

/** The controller's own: unlike an owner's, that it was never made is told, for nothing of the controller is left then. */
export function ofController(standing: ControllerStanding | undefined, now: number): Attention[] {
  if (standing === undefined) return [];
  const about = { severity: "warning", href: backupsPath } as const;
  const found: Attention[] = [];
  const word = standingOf(standing);
  if (word !== "complete") {
    const text = `of the controller: ${word === "none" ? "none yet" : word}${dueText(standing, now)}`;
    found.push({ ...about, key: "controller-backup", subject: "Backup", text });
  }
  if (keyTrouble(standing) === "not kept")
    found.push({ ...about, key: "recovery-key", subject: "Recovery key", text: "of the controller: nobody has it" });
  return found;
}

/** The history of metrics, when it is not written, or was damaged. */
export function ofHistory(history: HistoryStatus | undefined): Attention[] {
  const about = { severity: "warning", subject: "History of metrics", href: "/" } as const;
  if (history === undefined) return [];
  return [
    ...(history.problem === null ? [] : [{ ...about, key: "history", text: `is not written: ${history.problem}` }]),
    ...(history.setAside === null
      ? []
      : [
          {
            ...about,
            key: "history-aside",
            text: `was damaged and has begun anew; ${history.setAside} is what it was`,
          },
        ]),
  ];
}

function dueText({ lateSince }: Pick<OwnerBackups, "lateSince">, now: number): string {
  return lateSince === null ? "" : `, due ${formatSpan(now - Date.parse(lateSince))} ago`;
}

/** `failed`: see failedRuns. `now` is the controller's clock in milliseconds. What is pending needs no attention: the run is at it. */
export function attention(
  status: Status,
  failed: readonly RunSummary[],
  fills: readonly Fill[],
  now: number,
  pending: PendingWork,
): Attention[] {
  const offline = new Set(status.nodes.filter((node) => node.state !== "online").map((node) => node.name));
  const found = [
    ...status.nodes.flatMap((node) => ofNode(node, status, now, pending)),
    // What nobody can see on a node that does not answer is said once, with the node.
    ...status.instances.flatMap((instance) => ofInstance(instance, offline.has(instance.node), pending)),
    ...failed.map(ofFailedRun),
    ...fills.flatMap(ofFill),
  ];
  return found.toSorted((a, b) => rank(a) - rank(b));
}

function rank(item: Attention): number {
  return item.severity === "problem" ? 0 : 1;
}

function ofNode(node: NodeStatus, status: Status, now: number, pending: PendingWork): Attention[] {
  const about = { subject: node.name, href: nodePath(node.name) };
  const on = status.instances.filter((instance) => instance.node === node.name).length;
  const carries = on === 0 ? "" : `; ${formatCount(on, "instance")} on it`;
  const isPending = pending.nodes.has(node.name);
  const found: Attention[] = [];
  if (node.state === "offline" && !isPending) {
    const since =
      node.lastSeen === null ? "never seen" : `last seen ${formatSpan(now - Date.parse(node.lastSeen))} ago`;
    found.push({ ...about, key: `node/${node.name}`, severity: "problem", text: `offline, ${since}${carries}` });
  }
  if (node.state === "absent" && !isPending) {
    found.push({ ...about, key: `node/${node.name}`, severity: "problem", text: `does not exist${carries}` });
  }
  if (node.state === "enrolling" && !isPending) {
    found.push({ ...about, key: `node/${node.name}`, severity: "warning", text: "is enrolling" });
  }
  if (node.outdated && !isPending) {
    const text = `runs an outdated agent (${node.agentVersion ?? "unknown version"})`;
    found.push({ ...about, key: `agent/${node.name}`, severity: "warning", text });
  }
  const skew = Math.abs(node.clockSkewMilliseconds ?? 0);
  if (skew > clockSkewWarningMilliseconds) {
    const text = `has a clock that is off by ${formatSpan(skew)}`;
    found.push({ ...about, key: `clock/${node.name}`, severity: "warning", text });
  }
  return found;
}

function ofInstance(instance: InstanceStatus, nodeIsOffline: boolean, pending: PendingWork): Attention[] {
  const about = { subject: instance.name, href: instancePath(instance.name) };
  const found: Attention[] = [];
  const isPending = isPendingInstance(pending, instance);
  if (!nodeIsOffline && !isPending && !["healthy", "starting"].includes(instance.state)) {
    const severity = instance.state === "unknown" ? "warning" : "problem";
    found.push({ ...about, key: `state/${instance.name}`, severity, text: `is ${instance.state}` });
  }
  if (instance.drift.length > 0 && !isPending) {
    const text = `departs from its specification: ${instance.drift.join(", ")}`;
    found.push({ ...about, key: `drift/${instance.name}`, severity: "warning", text });
  }
  const restarts = Math.max(0, ...instance.containers.map((container) => container.restarts));
  if (restarts >= restartsWarning) {
    found.push({
      ...about,
      key: `restarts/${instance.name}`,
      severity: "warning",
      text: `has restarted ${formatCount(restarts, "time")}`,
    });
  }
  return found;
}

function ofFailedRun(run: RunSummary): Attention {
  const text = `failed: ${formatCount(run.counts.failed, "step")} of ${stepCount(run)}`;
  return { key: `run/${run.id}`, severity: "problem", subject: `Run ${run.id}`, href: runPath(run.id), text };
}

/** How many steps a run has. */
export function stepCount(run: RunSummary): number {
  return Object.values(run.counts).reduce((sum, count) => sum + count, 0);
}

function ofFill(fill: Fill): Attention[] {
  const { node, container, instance, what, share, level } = fill;
  if (level === "well") return [];
  const about = { key: fillKey(fill), severity: level, text: `uses ${formatShare(share)} of its ${what}` };
  if (container === null) return [{ ...about, subject: node, href: nodePath(node) }];
  return [{ ...about, subject: container, href: instancePath(instance ?? container) }];
}

/** The same for each look at the same thing. */
export function fillKey({ what, node, container }: Pick<Fill, "what" | "node" | "container">): string {
  return `${what}/${node}/${container ?? ""}`;
}
