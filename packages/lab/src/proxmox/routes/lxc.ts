import * as z from "zod";
import { destroyGuest, stopGuest } from "../../containers/lifecycle.ts";
import { isGuestRunning, templateStorage } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { failure } from "../failures.ts";
import { type CreateRequest, newGuestConfig, newRootDisk, parseSshPublicKeys, performCreate } from "../guest-create.ts";
import { guestOptions, pickOptions } from "../guest-options.ts";
import { performStart } from "../guest-power.ts";
import { type GuestRecord, checkNotLocked } from "../guest-store.ts";
import { checkModifyPermission } from "../modify-permission.ts";
import { decimal, flag, text, vmidParameter } from "../parameters.ts";
import { describeGuests } from "./cluster.ts";

const createParameters = z.strictObject({
  ...guestOptions,
  node: text(),
  vmid: vmidParameter,
  ostemplate: text({ maxLength: 255 }),
  bwlimit: decimal(0, Number.MAX_SAFE_INTEGER).optional(),
  force: flag().optional(),
  "ignore-unpack-errors": flag().optional(),
  password: text({ minLength: 5 }).optional(),
  pool: text().optional(),
  restore: flag().optional(),
  "ssh-public-keys": text().optional(),
  start: flag().optional(),
  storage: text().optional(),
  unique: flag().optional(),
  unprivileged: flag().optional(),
});

const destroyParameters = z.strictObject({
  node: text(),
  vmid: vmidParameter,
  force: flag().optional(),
  purge: flag().optional(),
  "destroy-unreferenced-disks": flag().optional(),
});

function checkDestroyable(vmid: number, record: GuestRecord): void {
  if (record.config.protection === true) throw failure(`can't remove CT ${vmid} - protection mode enabled`);
  checkNotLocked(record);
}

export const lxcEndpoints = [
  endpoint({
    method: "GET",
    path: "/nodes/:node/lxc",
    parameters: z.strictObject({ node: text() }),
    handle: (context, _parameters, caller) => describeGuests(context, caller),
  }),
  endpoint({
    method: "POST",
    path: "/nodes/:node/lxc",
    parameters: createParameters,
    handle: async (context, parameters, caller) => {
      const { vmid } = parameters;
      const unprivileged = parameters.unprivileged ?? true;
      if (parameters.restore === true) throw failure("the lab restores no backups");
      if (parameters.pool !== undefined) throw failure(`pool '${parameters.pool}' does not exist`);
      if (!unprivileged) caller.require("/", "Sys.Modify");
      if ((await context.guests.find(vmid)) !== undefined) {
        throw failure(`CT ${vmid} already exists on node '${context.node}'`);
      }
      parseSshPublicKeys(parameters["ssh-public-keys"]);
      caller.require(`/vms/${vmid}`, "VM.Allocate");
      const request: CreateRequest = {
        vmid,
        template: parameters.ostemplate,
        options: pickOptions(parameters),
        unprivileged,
        defaultStorage: parameters.storage ?? templateStorage,
        password: parameters.password,
        sshPublicKeys: parameters["ssh-public-keys"],
      };
      const { options: newOptions } = request;
      checkModifyPermission(caller, { vmid, oldConfig: undefined, newOptions, deleted: [], unprivileged });
      caller.require(`/storage/${templateStorage}`, "Datastore.AllocateSpace", "Datastore.Audit");
      const disk = newRootDisk(caller, request);
      const config = newGuestConfig(request, disk);
      // Nothing is awaited between the look and the save of two requests for one id: the lock decides who comes first.
      await context.guests.withLock(vmid, async () => {
        if ((await context.guests.find(vmid)) !== undefined) {
          throw failure(`unable to create CT ${vmid} - CT ${vmid} already exists on node '${context.node}'`);
        }
        await context.guests.save(vmid, { config, lock: "create", snapshots: {} });
      });
      const { authUser } = caller;
      return context.tasks.start({
        type: "vzcreate",
        id: String(vmid),
        authUser,
        work: async (log) => {
          await context.guests.withLock(vmid, () => performCreate(context, request, disk, config, log));
          if (parameters.start !== true) return;
          const work = (): Promise<void> => performStart(context, vmid);
          await context.tasks.start({ type: "vzstart", id: String(vmid), authUser, work });
        },
      });
    },
  }),
  endpoint({
    method: "GET",
    path: "/nodes/:node/lxc/:vmid",
    parameters: z.strictObject({ node: text(), vmid: vmidParameter }),
    handle: async (context, { vmid }) => {
      await context.guests.load(vmid);
      return ["config", "status", "snapshot", "interfaces", "resize"].map((subdir) => ({ subdir }));
    },
  }),
  endpoint({
    method: "DELETE",
    path: "/nodes/:node/lxc/:vmid",
    parameters: destroyParameters,
    handle: async (context, { vmid, force, purge }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.Allocate");
      checkDestroyable(vmid, await context.guests.load(vmid));
      const isRunning = failure(`unable to destroy CT ${vmid} - container is running`);
      if (force !== true && (await isGuestRunning(context, vmid))) throw isRunning;
      return context.tasks.start({
        type: "vzdestroy",
        id: String(vmid),
        authUser: caller.authUser,
        work: (log) =>
          context.guests.withLock(vmid, async () => {
            const record = await context.guests.load(vmid);
            checkDestroyable(vmid, record);
            if (await isGuestRunning(context, vmid)) {
              if (force !== true) throw isRunning;
              log(`forced to stop CT ${vmid} before destroying!`);
              await stopGuest(context.host, vmid, { kill: true });
            }
            await context.guests.save(vmid, { ...record, lock: "destroyed" });
            await destroyGuest(context.host, vmid);
            log(`  Logical volume "vm-${vmid}-disk-0" successfully removed.`);
            if (purge === true) log(`purging CT ${vmid} from related configurations..`);
            await context.guests.remove(vmid);
          }),
      });
    },
  }),
];
