import * as z from "zod";
import { guestInit } from "../../containers/lifecycle.ts";
import { applyAddress, applyLimits } from "../../containers/running.ts";
import { specOf } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { failure, parameterFailure } from "../failures.ts";
import {
  type GuestConfig,
  guestConfigSchema,
  guestOptions,
  isOptionName,
  pickOptions,
  withoutOptions,
} from "../guest-options.ts";
import { checkNotLocked, digestOf } from "../guest-store.ts";
import { checkModifyPermission } from "../modify-permission.ts";
import { flag, text, vmidParameter } from "../parameters.ts";

/** A configuration as the API shows it: booleans are 1 and 0. */
export function presentConfig(config: GuestConfig): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, typeof value === "boolean" ? Number(value) : value]),
  );
}

const updatePrivileges = [
  "VM.Config.Disk",
  "VM.Config.CPU",
  "VM.Config.Memory",
  "VM.Config.Network",
  "VM.Config.Options",
] as const;

function splitList(list: string | undefined): string[] {
  return (list ?? "").split(/[\s,;\0]+/).filter((name) => name !== "");
}

export const lxcConfigEndpoints = [
  endpoint({
    method: "GET",
    path: "/nodes/:node/lxc/:vmid/config",
    parameters: z.strictObject({
      node: text(),
      vmid: vmidParameter,
      current: flag().optional(),
      snapshot: text().optional(),
    }),
    handle: async (context, { vmid, snapshot }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.Audit");
      const record = await context.guests.load(vmid);
      const config = snapshot === undefined ? record.config : record.snapshots[snapshot]?.config;
      if (config === undefined) throw failure(`snapshot '${snapshot}' does not exist`);
      const { lock, parent } = record;
      return {
        ...presentConfig(config),
        digest: digestOf(record.config),
        ...(lock === undefined ? {} : { lock }),
        ...(parent === undefined ? {} : { parent }),
      };
    },
  }),
  endpoint({
    method: "PUT",
    path: "/nodes/:node/lxc/:vmid/config",
    parameters: z.strictObject({
      ...guestOptions,
      node: text(),
      vmid: vmidParameter,
      delete: text().optional(),
      revert: text().optional(),
      digest: text({ maxLength: 40 }).optional(),
    }),
    handle: async (context, parameters, caller) => {
      const { vmid, digest } = parameters;
      caller.require(`/vms/${vmid}`, ...updatePrivileges);
      const newOptions = pickOptions(parameters);
      const deleted = splitList(parameters.delete);
      if (Object.keys(newOptions).length === 0 && deleted.length === 0) throw failure("no options specified");
      for (const name of deleted) {
        if (!isOptionName(name)) throw parameterFailure({ delete: `unknown option '${name}'` });
        if (newOptions[name] !== undefined) {
          throw parameterFailure({ delete: `you can't use '-${name}' and -delete ${name}' at the same time` });
        }
      }
      await context.guests.withLock(vmid, async () => {
        const record = await context.guests.load(vmid);
        checkNotLocked(record);
        if (digest !== undefined && digest !== digestOf(record.config)) {
          throw failure("detected modified configuration - file changed by other user? Try again.");
        }
        const unprivileged = record.config.unprivileged === true;
        checkModifyPermission(caller, { vmid, oldConfig: record.config, newOptions, deleted, unprivileged });
        if (newOptions.rootfs !== undefined && newOptions.rootfs !== record.config.rootfs) {
          throw failure("the lab keeps the root disk a guest was created with");
        }
        const config = guestConfigSchema.parse({ ...withoutOptions(record.config, deleted), ...newOptions });
        await context.guests.save(vmid, { ...record, config });
        const pid = await guestInit(context.host, vmid);
        if (pid !== undefined) {
          await applyLimits(context.host, specOf(vmid, config));
          await applyAddress(pid, specOf(vmid, record.config), specOf(vmid, config));
        }
      });
      return null;
    },
  }),
];
