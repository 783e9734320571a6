import * as z from "zod";
import { guestInit } from "../../containers/lifecycle.ts";
import { runCommand } from "../../host/command.ts";
import type { Caller } from "../access.ts";
import { type ApiContext, isGuestRunning } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { failure, parameterFailure } from "../failures.ts";
import { performReboot, performShutdown, performStart, performStop, requireRunning } from "../guest-power.ts";
import { describeGuest } from "../guest-statistics.ts";
import { flag, integer, text, vmidParameter } from "../parameters.ts";

const defaultTimeoutSeconds = 60;
const guestParameters = { node: text(), vmid: vmidParameter };

function startTask(context: ApiContext, caller: Caller, type: string, vmid: number, work: () => Promise<void>) {
  return context.tasks.start({ type, id: String(vmid), authUser: caller.authUser, work });
}

function checkSkipLock(caller: Caller, skiplock: boolean | undefined): void {
  if (skiplock === true && !caller.isRoot) throw parameterFailure({ skiplock: "Only root may use this option." });
}

const addressesSchema = z.array(
  z.object({
    ifname: z.string(),
    address: z.string().optional(),
    addr_info: z.array(z.object({ family: z.string(), local: z.string(), prefixlen: z.int() })),
  }),
);

/** What `ip` says inside a guest, in the shape of GET …/interfaces. */
async function readInterfaces(pid: number): Promise<Record<string, unknown>[]> {
  const listing = await runCommand(["nsenter", `--net=/proc/${pid}/ns/net`, "--", "ip", "-json", "address", "show"]);
  return addressesSchema.parse(JSON.parse(listing)).map((device) => {
    const addressOf = (family: string): Record<string, string> => {
      const found = device.addr_info.find((info) => info.family === family);
      return found === undefined ? {} : { [family]: `${found.local}/${found.prefixlen}` };
    };
    return {
      name: device.ifname,
      hwaddr: device.address ?? "",
      "hardware-address": device.address ?? "",
      ...addressOf("inet"),
      ...addressOf("inet6"),
      "ip-addresses": device.addr_info.map((info) => ({
        "ip-address": info.local,
        "ip-address-type": info.family,
        prefix: String(info.prefixlen),
      })),
    };
  });
}

export const lxcStatusEndpoints = [
  endpoint({
    method: "GET",
    path: "/nodes/:node/lxc/:vmid/status/current",
    parameters: z.strictObject(guestParameters),
    handle: async (context, { vmid }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.Audit");
      return { ...(await describeGuest(context, vmid, await context.guests.load(vmid))), ha: { managed: 0 } };
    },
  }),
  endpoint({
    method: "POST",
    path: "/nodes/:node/lxc/:vmid/status/start",
    parameters: z.strictObject({ ...guestParameters, skiplock: flag().optional(), debug: flag().optional() }),
    handle: async (context, { vmid, skiplock }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.PowerMgmt");
      checkSkipLock(caller, skiplock);
      await context.guests.load(vmid);
      if (await isGuestRunning(context, vmid)) throw failure(`CT ${vmid} already running`);
      return startTask(context, caller, "vzstart", vmid, () => performStart(context, vmid));
    },
  }),
  endpoint({
    method: "POST",
    path: "/nodes/:node/lxc/:vmid/status/stop",
    parameters: z.strictObject({
      ...guestParameters,
      skiplock: flag().optional(),
      "overrule-shutdown": flag().optional(),
    }),
    handle: async (context, { vmid, skiplock }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.PowerMgmt");
      checkSkipLock(caller, skiplock);
      await requireRunning(context, vmid);
      return startTask(context, caller, "vzstop", vmid, () => performStop(context, vmid));
    },
  }),
  endpoint({
    method: "POST",
    path: "/nodes/:node/lxc/:vmid/status/shutdown",
    parameters: z.strictObject({ ...guestParameters, timeout: integer(0).optional(), forceStop: flag().optional() }),
    handle: async (context, { vmid, timeout, forceStop }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.PowerMgmt");
      await requireRunning(context, vmid);
      const options = { timeoutSeconds: timeout ?? defaultTimeoutSeconds, forceStop: forceStop ?? false };
      return startTask(context, caller, "vzshutdown", vmid, () => performShutdown(context, vmid, options));
    },
  }),
  endpoint({
    method: "POST",
    path: "/nodes/:node/lxc/:vmid/status/reboot",
    parameters: z.strictObject({ ...guestParameters, timeout: integer(0).optional() }),
    handle: async (context, { vmid, timeout }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.PowerMgmt");
      await requireRunning(context, vmid);
      const patience = timeout ?? defaultTimeoutSeconds;
      return startTask(context, caller, "vzreboot", vmid, () => performReboot(context, vmid, patience));
    },
  }),
  endpoint({
    method: "GET",
    path: "/nodes/:node/lxc/:vmid/interfaces",
    parameters: z.strictObject(guestParameters),
    handle: async (context, { vmid }, caller) => {
      caller.require(`/vms/${vmid}`, "VM.Audit");
      await context.guests.load(vmid);
      const pid = await guestInit(context.host, vmid);
      return pid === undefined ? null : readInterfaces(pid);
    },
  }),
];
