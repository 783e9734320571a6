/** The data of a checkpoint: made, put back and removed, on the instance's node and in its stores. */
import type { OperationInput } from "@berth/shared/operations/index";
import type { PhaseName } from "@berth/shared/operations/phases";
import { toBerthError } from "@berth/shared/errors";
import type { UpgradeInstance } from "../../inventory/upgrades.ts";
import { ControllerStopping } from "../../runs/handlers.ts";
import type { UpgradeDependencies } from "./dependencies.ts";
import type { NodeWork } from "./node-work.ts";

type Row = Pick<UpgradeInstance, "upgrade" | "instance" | "node" | "checkpoint">;
type Dependencies = Pick<UpgradeDependencies, "checkpoints" | "fleet">;
type Log = (line: string) => void;

/** Stops the instance and copies what it holds. `part` keeps several tries of one operation apart. */
export async function makeCheckpoint(
  row: Row,
  work: NodeWork,
  dependencies: Dependencies & { log: Log },
  part = "checkpoint",
): Promise<{ stoppedAt: string }> {
  const { stoppedAt } = await work.dispatch("checkpoint.create", part, volumesOf(row));
  await eachDatabase(row, work, dependencies, "copy", dependencies.checkpoints.create);
  return { stoppedAt };
}

/** Leaves the instance stopped, with its data as they were. */
export async function putBack(
  row: Row,
  work: NodeWork,
  dependencies: Dependencies & { log: Log },
  part = "put-back",
): Promise<void> {
  if (row.checkpoint === null) return;
  await work.dispatch("checkpoint.restore", part, volumesOf(row));
  await eachDatabase(row, work, dependencies, "put back", dependencies.checkpoints.restore);
}

/** What cannot be removed now goes with the next upgrade: it is no reason to call this one failed. */
export async function removeCopies(
  row: Row,
  work: NodeWork,
  dependencies: Dependencies & { log: Log },
  part = "remove",
): Promise<void> {
  if (row.checkpoint === null) return;
  const { log } = dependencies;
  const later = (error: unknown): void => {
    if (error instanceof ControllerStopping) throw error;
    log(`copies of ${row.instance} are left until its next upgrade: ${toBerthError(error).message}`);
  };
  await work.dispatch("checkpoint.remove", part, volumesOf(row)).catch(later);
  await eachDatabase(row, work, dependencies, "remove", dependencies.checkpoints.remove).catch(later);
}

export async function eachDatabase<T>(
  { upgrade, checkpoint }: Pick<Row, "upgrade" | "checkpoint">,
  { leave, phase }: Pick<NodeWork, "leave" | "phase">,
  { fleet, log }: Pick<Dependencies, "fleet"> & { log: Log },
  name: PhaseName,
  work: (
    fleet: Awaited<ReturnType<Dependencies["fleet"]>>,
    of: { upgrade: string; server: string; database: string },
    options: { log: Log },
  ) => Promise<T>,
): Promise<void> {
  for (const { server, database } of checkpoint?.databases ?? []) {
    leave.throwIfAborted();
    const current = await fleet();
    await phase(name, database, () => work(current, { upgrade, server, database }, { log }));
  }
}

function volumesOf({ upgrade, node, instance, checkpoint }: Row): OperationInput<"checkpoint.create"> {
  return { upgrade, node, instance, volumes: checkpoint?.volumes ?? [] };
}
