/** A lost controller, made again from an archive: everything is looked at before anything is put in its place. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { BerthError } from "@berth/shared/errors";
import type { Secret } from "@berth/shared/secret";
import { withState } from "./check-state.ts";
import { restoreConfiguration, type RestoredFile } from "./configuration.ts";
import { settleInventory } from "./settle-inventory.ts";
import { adoptDraft, prepareDraft } from "./state-directory.ts";
import { controllerAnswers } from "./still-there.ts";
import { unpackArchive } from "./unpack.ts";

export interface RebuildOptions {
  sealed: Readable;
  identity: Secret;
  /** Must be empty or not there. */
  stateDirectory: string;
  configurationDirectory: string;
  /** Although a controller with the same certificate authority answers at the fleet's address. */
  force: boolean;
}

export interface Rebuilt {
  backup: string;
  backedUpAt: string;
  fleet: string | null;
  /** Version of the Berth that made the backup. */
  madeBy: string;
  stateDirectory: string;
  configuration: RestoredFile[];
  /** HOST:PORT at which agents look for it; null: no fleet file was applied. */
  address: string | null;
  /** Arguments of `berth serve` there were. */
  serve: string[];
  interruptedRun: number | null;
}

/** Throws `conflict`, `secrets.locked`, `backup.damaged`, `inventory.failed`, `disk.full`; then nothing was changed. */
export async function rebuild(options: RebuildOptions): Promise<Rebuilt> {
  const { stateDirectory } = options;
  const draft = await prepareDraft(stateDirectory);
  try {
    const manifest = await unpackArchive(options.sealed, options.identity, draft);
    const state = join(draft, "state");
    const settled = await withState(state, async ({ inventory, authority }) => {
      if (!options.force) await refuseSecond(manifest.address, authority.caPem);
      return settleInventory(inventory, manifest);
    });
    const directories = { draft, configuration: options.configurationDirectory };
    const configuration = await restoreConfiguration(manifest, directories);
    await adoptDraft(state, draft, stateDirectory);
    return {
      ...{ backup: manifest.id, backedUpAt: manifest.createdAt, fleet: manifest.fleet, madeBy: manifest.berth },
      ...{ stateDirectory, configuration, address: manifest.address, serve: manifest.serve },
      interruptedRun: settled.interruptedRun,
    };
  } finally {
    options.sealed.destroy();
    await rm(draft, { recursive: true, force: true });
  }
}

async function refuseSecond(address: string | null, caPem: string): Promise<void> {
  if (address === null || !(await controllerAnswers(address, caPem))) return;
  throw new BerthError("conflict", `The controller that this is a backup of still answers at ${address}`, {
    hint: "Two would work against each other: stop it (`systemctl disable --now berth`), or give --force for a copy that never meets the fleet.",
  });
}
