/** The recovery room, wired: what a backup of the controller is made of, and when one is made by itself. */
import { resolve } from "node:path";
import type { Run } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import type { Logger } from "pino";
import { drillKind } from "../backups/drill-control.ts";
import { scheduleKind } from "../backups/records.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import type { Inventory } from "../inventory/database.ts";
import { openRecovery, type Recovery } from "../recovery/recovery.ts";
import type { Runner } from "../runs/runner.ts";
import type { Secrets } from "../secrets/open.ts";
import { serveArguments } from "./arguments.ts";
import { statePaths, type ServeOptions } from "./options.ts";
import { version } from "./version.ts";

export interface RecoveryRoomsDependencies {
  options: ServeOptions;
  inventory: Inventory;
  secrets: Secrets;
  store: FleetStore;
  runner: Pick<Runner, "events" | "list">;
  logger: Logger;
}

export interface RecoveryRooms extends Recovery {
  /** The one of the schedule. Throws `conflict` while a run is under way, whose end it waits for. */
  createScheduled: () => Promise<unknown>;
}

/** After a run, another often follows. */
const settleMilliseconds = 30_000;

/** Runs after which there is nothing new to be lost with the controller; restores and first backups make keys. */
const changesNothing: ReadonlySet<string> = new Set([scheduleKind, drillKind, "backup.verify", "backup.prune"]);

export async function openRecoveryRooms(dependencies: RecoveryRoomsDependencies): Promise<RecoveryRooms> {
  const { options, inventory, secrets, store, runner, logger } = dependencies;
  const paths = statePaths(options.stateDirectory);
  const current = async () => (await store.current())?.fleet ?? null;
  const recovery = await openRecovery({
    inventory,
    secrets,
    fleet: current,
    files: {
      stateDirectory: options.stateDirectory,
      authorityDirectory: paths.authority,
      sshDirectory: paths.ssh,
      configurationDirectory: options.configurationDirectory,
      namedFiles: options.registryMirrorCaFile === null ? [] : [resolve(options.registryMirrorCaFile)],
    },
    version,
    serveArguments: serveArguments(options),
  });
  let timer: NodeJS.Timeout | undefined;
  /** A run has changed something since the last backup of this kind. */
  let pending = false;

  const isBusy = async () => (await runner.list(1)).some(({ state }) => state === "running");

  async function afterChange(): Promise<void> {
    if ((await current())?.backups === undefined || (await isBusy())) return;
    pending = false;
    await recovery.create("change");
  }

  function onRun({ state, kind }: Run): void {
    if (state === "running") return;
    // One that came while another run was under way is made up after that, whatever it was.
    pending ||= !changesNothing.has(kind);
    if (!pending) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      afterChange().catch((error: unknown) => logger.error({ err: error }, "The controller could not be backed up"));
    }, settleMilliseconds);
    timer.unref();
  }
  runner.events.on("run", onRun);

  return {
    ...recovery,
    async createScheduled() {
      if (await isBusy()) throw new BerthError("conflict", "A run is under way");
      return recovery.create("schedule");
    },
    async close() {
      runner.events.off("run", onRun);
      clearTimeout(timer);
      await recovery.close();
    },
  };
}
