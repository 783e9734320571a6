import * as z from "zod";
import { growDisk } from "../../containers/disk.ts";
import { guestPaths } from "../../containers/guest.ts";
import { guestInit } from "../../containers/lifecycle.ts";
import { growRunningDisk } from "../../containers/running.ts";
import type { ApiContext } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { failure } from "../failures.ts";
import { parsePropertyString, parseSize, printPropertyString, printSize } from "../formats.ts";
import { checkNotLocked } from "../guest-store.ts";
import { enumeration, formatted, text, vmidParameter } from "../parameters.ts";
import type { TaskLog } from "../tasks.ts";

/** The bytes that "20G" or "+5G" ask for, given what there is. Disks only grow. */
export function wantedSize(wish: string, present: number): number {
  const size = parseSize(wish.replace(/^\+/, "")) ?? 0;
  const wanted = wish.startsWith("+") ? present + size : size;
  if (wanted < present) throw failure("unable to shrink disk size");
  return wanted;
}

async function performResize(context: ApiContext, vmid: number, wish: string, log: TaskLog): Promise<void> {
  const record = await context.guests.load(vmid);
  checkNotLocked(record);
  const rootfs = parsePropertyString(record.config.rootfs, "volume");
  const present = parseSize(rootfs.get("size") ?? "") ?? 0;
  const wanted = wantedSize(wish, present);
  if (wanted === present) return;
  const paths = guestPaths(context.host.guestsDirectory, vmid);
  const pid = await guestInit(context.host, vmid);
  if (pid === undefined) await growDisk(paths.disk, wanted);
  else if ((await growRunningDisk(paths, pid, wanted)) === "next start") {
    log("WARN: this machine cannot resize a mounted file system, it grows with the next start of the CT");
  }
  rootfs.set("size", printSize(wanted));
  await context.guests.save(vmid, {
    ...record,
    config: { ...record.config, rootfs: printPropertyString(rootfs, "volume") },
  });
  log(`  Size of logical volume pve/vm-${vmid}-disk-0 changed from ${printSize(present)} to ${printSize(wanted)}.`);
}

export const lxcResizeEndpoints = [
  endpoint({
    method: "PUT",
    path: "/nodes/:node/lxc/:vmid/resize",
    parameters: z.strictObject({
      node: text(),
      vmid: vmidParameter,
      disk: enumeration(["rootfs"]),
      size: formatted(/^\+?\d+(\.\d+)?[KMGT]?$/, "value does not match the regex pattern"),
      digest: text({ maxLength: 40 }).optional(),
    }),
    handle: async (context, { vmid, size }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.Config.Disk");
      await context.guests.load(vmid);
      return context.tasks.start({
        type: "resize",
        id: String(vmid),
        authUser: caller.authUser,
        work: (log) => context.guests.withLock(vmid, () => performResize(context, vmid, size, log)),
      });
    },
  }),
];
