/** Whether nodes have room for what an upgrade copies and pulls, as far as that is known. Pure. */
import type { Backup } from "@berth/shared/api/backups";
import { BerthError } from "@berth/shared/errors";
import { roundSize } from "@berth/shared/fleet/units";
import type { PlannedOperation } from "@berth/shared/operations/plan";

export interface DiskKnowledge {
  /** Free bytes of a node's disk; null: nothing was measured lately. */
  free: (node: string) => number | null;
  /** Node of an instance. */
  nodeOf: (instance: string) => string | null;
  /** The newest first: how much an instance held then. */
  backups: readonly Backup[];
}

/** An image that is to be pulled takes about as much, unpacked; how much is not known before. */
const reserveBytes = 2 * 1024 ** 3;

/** Throws `disk.full` where copies do not fit for certain. */
export function judgeDiskSpace(operations: readonly PlannedOperation[], knowledge: DiskKnowledge): string[] {
  const copied = copiedBytes(operations, knowledge);
  const pulling = operations.filter(({ kind, change }) => kind === "image.ensure" && change === "create");
  const nodes = new Set([...copied.keys(), ...pulling.flatMap(({ node }) => node ?? [])]);
  return [...nodes].flatMap((node) => {
    const free = knowledge.free(node);
    const bytes = copied.get(node) ?? 0;
    if (free === null) return [];
    if (bytes > free) throw diskFull(node, bytes, free);
    if (free - bytes >= reserveBytes || !pulling.some((pull) => pull.node === node)) return [];
    return [`node '${node}' has ${roundSize(free)} of disk left: the image that it is to pull may not fit`];
  });
}

/** By node, what checkpoints take: volumes where the instance is, databases where their server is. */
function copiedBytes(
  operations: readonly PlannedOperation[],
  { nodeOf, backups }: Pick<DiskKnowledge, "nodeOf" | "backups">,
): Map<string, number> {
  const copied = new Map<string, number>();
  const add = (node: string | null, bytes: number): void => {
    if (node !== null && bytes > 0) copied.set(node, (copied.get(node) ?? 0) + bytes);
  };
  for (const { kind, input } of operations) {
    if (kind !== "instance.upgrade" || input.checkpoint === null) continue;
    const { instance, node } = input.spec;
    if (input.checkpoint.volumes.length > 0) add(node, heldBytes(instance, "volume", backups));
    for (const { server } of input.checkpoint.databases) add(nodeOf(server), heldBytes(instance, "database", backups));
  }
  return copied;
}

/** As its newest complete backup has it; 0: there is none. */
function heldBytes(instance: string, kind: "volume" | "database", backups: readonly Backup[]): number {
  const parts = backups.flatMap((backup) => backup.parts);
  const part = parts.find(({ subject, state }) => subject === instance && state === "complete");
  const snapshots = part?.snapshots.filter((snapshot) => snapshot.kind === kind) ?? [];
  return snapshots.reduce((sum, { bytes }) => sum + bytes, 0);
}

function diskFull(node: string, bytes: number, free: number): BerthError {
  return new BerthError(
    "disk.full",
    `Node '${node}' has ${roundSize(free)} of disk left, and the copies of what it upgrades take ${roundSize(bytes)}`,
    { hint: "Give it more disk, or upgrade fewer of its instances with --only" },
  );
}
