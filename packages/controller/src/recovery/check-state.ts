/** Whether files are a controller's whole state, found out by opening them as a controller does. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { openAuthority, type Authority } from "../agents/authority/authority.ts";
import type { Inventory } from "../inventory/database.ts";
import { openInventory } from "../inventory/open.ts";
import { openSecrets } from "../secrets/open.ts";
import { stateFiles } from "./contents.ts";

export interface OpenedState {
  inventory: Inventory;
  authority: Authority;
}

/** Runs work on the state in the directory. Throws `inventory.failed`, `secrets.locked`, `backup.damaged`. */
export async function withState<T>(directory: string, work: (state: OpenedState) => Promise<T>): Promise<T> {
  // Whatever is missing would be made anew, and no agent would know it.
  for (const name of [...Object.values(stateFiles), "authority/authority.pem"]) {
    const found = await stat(join(directory, name)).catch(() => undefined);
    if (found?.isFile() !== true) throw new BerthError("backup.damaged", `The backup of the controller lacks ${name}`);
  }
  const inventory = await openInventory({ file: join(directory, stateFiles.inventory) });
  try {
    await openSecrets({ inventory, key: { stateDirectory: directory, mayMake: false } });
    const authority = await openAuthority({ directory: join(directory, "authority") });
    return await work({ inventory, authority });
  } finally {
    await inventory.close();
  }
}
