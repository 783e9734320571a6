import { readdir } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { destroyGuest } from "../containers/lifecycle.ts";
import { readIfPresent, writeWhole } from "../host/files.ts";
import { type ApiContext, isGuestRunning } from "./context.ts";
import { performStart } from "./guest-power.ts";

/** Puts right what a killed stand-in left: half-made guests go, locks of work that has died are released. */
export async function recoverGuests(context: ApiContext): Promise<void> {
  for (const vmid of await context.guests.list()) {
    const { lock } = await context.guests.load(vmid);
    if (lock === "create" || lock === "destroyed") {
      await destroyGuest(context.host, vmid);
      await context.guests.remove(vmid);
    } else if (lock !== undefined) {
      await context.guests.update(vmid, ({ lock: _dead, ...record }) => record);
    }
  }
  const known = new Set(await context.guests.list());
  for (const name of await readdir(context.host.guestsDirectory)) {
    if (/^\d+$/.test(name) && !known.has(Number(name))) await destroyGuest(context.host, Number(name));
  }
}

/** After the machine was booted, Proxmox VE starts the guests that have `onboot`. */
export async function startGuestsOnBoot(context: ApiContext): Promise<void> {
  const bootIdFile = join(context.stateDirectory, "proxmox", "boot-id");
  const bootId = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
  const isFreshBoot = (await readIfPresent(bootIdFile)) !== bootId;
  await writeWhole(bootIdFile, bootId);
  if (!isFreshBoot) return;
  for (const vmid of await context.guests.list()) {
    const { config } = await context.guests.load(vmid);
    if (config.onboot !== true || (await isGuestRunning(context, vmid))) continue;
    const work = (): Promise<void> => performStart(context, vmid);
    await context.tasks.start({ type: "vzstart", id: String(vmid), authUser: "root@pam", work });
  }
}
