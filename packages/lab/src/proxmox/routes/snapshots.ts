import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { copyImage, snapshotDisk } from "../../containers/disk.ts";
import { guestPaths } from "../../containers/guest.ts";
import { guestInit, stopGuest } from "../../containers/lifecycle.ts";
import { type ApiContext, isGuestRunning } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { failure } from "../failures.ts";
import { performStart } from "../guest-power.ts";
import { checkNotLocked } from "../guest-store.ts";
import { flag, formatted, text, vmidParameter } from "../parameters.ts";

const guestParameters = { node: text(), vmid: vmidParameter };
const snapshotName = formatted(/^[a-z][\w-]+$/i, "value does not look like a valid configuration ID", 40);

function snapshotPath(context: ApiContext, vmid: number, name: string): string {
  return join(guestPaths(context.host.guestsDirectory, vmid).snapshotsDirectory, `${name}.ext4`);
}

/** Runs one step while the guest's configuration says what it is locked for. */
async function whileLocked(context: ApiContext, vmid: number, lock: string, step: () => Promise<void>): Promise<void> {
  checkNotLocked(await context.guests.load(vmid));
  await context.guests.update(vmid, (record) => ({ ...record, lock }));
  try {
    await step();
  } finally {
    await context.guests.update(vmid, ({ lock: _ended, ...record }) => record);
  }
}

async function takeSnapshot(context: ApiContext, vmid: number, name: string, description: string): Promise<void> {
  const paths = guestPaths(context.host.guestsDirectory, vmid);
  await whileLocked(context, vmid, "snapshot", async () => {
    if ((await context.guests.load(vmid)).snapshots[name] !== undefined) {
      throw failure(`snapshot name '${name}' already used`);
    }
    await mkdir(paths.snapshotsDirectory, { recursive: true });
    const pid = await guestInit(context.host, vmid);
    await snapshotDisk(
      paths.disk,
      snapshotPath(context, vmid, name),
      pid === undefined ? undefined : `/proc/${pid}/root`,
    );
    await context.guests.update(vmid, (record) => {
      const { config, parent } = record;
      const snaptime = Math.floor(Date.now() / 1000);
      const snapshot = { config, snaptime, description, ...(parent === undefined ? {} : { parent }) };
      return { ...record, parent: name, snapshots: { ...record.snapshots, [name]: snapshot } };
    });
  });
}

async function rollBack(context: ApiContext, vmid: number, name: string): Promise<void> {
  await whileLocked(context, vmid, "rollback", async () => {
    const snapshot = (await context.guests.load(vmid)).snapshots[name];
    if (snapshot === undefined) throw failure(`snapshot '${name}' does not exist`);
    if (await isGuestRunning(context, vmid)) await stopGuest(context.host, vmid, { kill: true });
    await copyImage(snapshotPath(context, vmid, name), guestPaths(context.host.guestsDirectory, vmid).disk);
    await context.guests.update(vmid, (record) => ({ ...record, config: snapshot.config, parent: name }));
  });
}

async function deleteSnapshot(context: ApiContext, vmid: number, name: string): Promise<void> {
  await whileLocked(context, vmid, "snapshot-delete", async () => {
    const record = await context.guests.load(vmid);
    const gone = record.snapshots[name];
    if (gone === undefined) throw failure(`snapshot '${name}' does not exist`);
    await rm(snapshotPath(context, vmid, name), { force: true });
    const inherit = (parent: string | undefined): { parent?: string } => {
      const heir = parent === name ? gone.parent : parent;
      return heir === undefined ? {} : { parent: heir };
    };
    const others = Object.entries(record.snapshots).filter(([other]) => other !== name);
    const snapshots = Object.fromEntries(
      others.map(([other, { parent, ...snapshot }]) => [other, { ...snapshot, ...inherit(parent) }]),
    );
    const { parent, ...rest } = record;
    await context.guests.save(vmid, { ...rest, ...inherit(parent), snapshots });
  });
}

export const snapshotEndpoints = [
  endpoint({
    method: "GET",
    path: "/nodes/:node/lxc/:vmid/snapshot",
    parameters: z.strictObject(guestParameters),
    handle: async (context, { vmid }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.Audit");
      const { snapshots, parent } = await context.guests.load(vmid);
      const named = Object.entries(snapshots).map(([name, { snaptime, description, parent: above }]) => ({
        name,
        snaptime,
        description,
        ...(above === undefined ? {} : { parent: above }),
      }));
      const current = {
        name: "current",
        description: "You are here!",
        running: Number(await isGuestRunning(context, vmid)),
      };
      return [...named, { ...current, ...(parent === undefined ? {} : { parent }) }];
    },
  }),
  endpoint({
    method: "POST",
    path: "/nodes/:node/lxc/:vmid/snapshot",
    parameters: z.strictObject({ ...guestParameters, snapname: snapshotName, description: text().optional() }),
    handle: async (context, { vmid, snapname, description }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.Snapshot");
      if (snapname === "current" || snapname === "vzdump") {
        throw failure(`unable to use snapshot name '${snapname}' (reserved name)`);
      }
      await context.guests.load(vmid);
      const work = (): Promise<void> =>
        context.guests.withLock(vmid, () => takeSnapshot(context, vmid, snapname, description ?? ""));
      return context.tasks.start({ type: "vzsnapshot", id: String(vmid), authUser: caller.authUser, work });
    },
  }),
  endpoint({
    method: "POST",
    path: "/nodes/:node/lxc/:vmid/snapshot/:snapname/rollback",
    parameters: z.strictObject({ ...guestParameters, snapname: snapshotName, start: flag().optional() }),
    handle: async (context, { vmid, snapname, start }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.Snapshot", "VM.Snapshot.Rollback");
      await context.guests.load(vmid);
      const work = async (): Promise<void> => {
        await context.guests.withLock(vmid, () => rollBack(context, vmid, snapname));
        if (start === true) await performStart(context, vmid);
      };
      return context.tasks.start({ type: "vzrollback", id: String(vmid), authUser: caller.authUser, work });
    },
  }),
  endpoint({
    method: "DELETE",
    path: "/nodes/:node/lxc/:vmid/snapshot/:snapname",
    parameters: z.strictObject({ ...guestParameters, snapname: snapshotName, force: flag().optional() }),
    handle: async (context, { vmid, snapname }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.Snapshot");
      await context.guests.load(vmid);
      const work = (): Promise<void> => context.guests.withLock(vmid, () => deleteSnapshot(context, vmid, snapname));
      return context.tasks.start({ type: "vzdelsnapshot", id: String(vmid), authUser: caller.authUser, work });
    },
  }),
];
