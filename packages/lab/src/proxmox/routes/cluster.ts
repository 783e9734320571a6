import { statfsSync } from "node:fs";
import { availableParallelism, cpus, freemem, loadavg, release, totalmem, uptime } from "node:os";
import * as z from "zod";
import type { Caller } from "../access.ts";
import { type ApiContext, diskStorage, templateStorage } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { parameterFailure } from "../failures.ts";
import { describeGuest } from "../guest-statistics.ts";
import { enumeration, text, vmidParameter } from "../parameters.ts";
import { storageResource } from "./storage.ts";

const lowestVmid = 100;

function describeNode(context: ApiContext): Record<string, unknown> {
  return {
    id: `node/${context.node}`,
    node: context.node,
    type: "node",
    status: "online",
    level: "",
    cpu: 0,
    maxcpu: availableParallelism(),
    mem: totalmem() - freemem(),
    maxmem: totalmem(),
    uptime: Math.floor(uptime()),
  };
}

/** The lab's machine as the host that it stands in for. */
function describeStatus(): Record<string, unknown> {
  const { blocks, bavail, bfree, bsize } = statfsSync("/");
  return {
    uptime: Math.floor(uptime()),
    loadavg: loadavg().map((load) => load.toFixed(2)),
    kversion: `Linux ${release()}`,
    pveversion: "pve-manager/9.2.11/6c1b5a9f0d3e8b72",
    cpu: 0,
    wait: 0,
    idle: 0,
    cpuinfo: { cpus: availableParallelism(), cores: availableParallelism(), sockets: 1, model: cpus()[0]?.model ?? "" },
    memory: { total: totalmem(), free: freemem(), used: totalmem() - freemem() },
    swap: { total: 0, free: 0, used: 0 },
    ksm: { shared: 0 },
    rootfs: { total: blocks * bsize, free: bfree * bsize, avail: bavail * bsize, used: (blocks - bfree) * bsize },
  };
}

/** The guests that the caller may see. */
export async function describeGuests(context: ApiContext, caller: Caller): Promise<Record<string, unknown>[]> {
  const descriptions = (await context.guests.list())
    .filter((vmid) => caller.may(`/vms/${vmid}`, "VM.Audit"))
    .map(async (vmid) => {
      const record = await context.guests.find(vmid);
      return record === undefined ? [] : [await describeGuest(context, vmid, record)];
    });
  return (await Promise.all(descriptions)).flat();
}

export const clusterEndpoints = [
  endpoint({
    method: "GET",
    path: "/nodes",
    parameters: z.strictObject({}),
    handle: async (context) => [describeNode(context)],
  }),
  endpoint({
    method: "GET",
    path: "/nodes/:node/status",
    parameters: z.strictObject({ node: text() }),
    handle: async (context, _parameters, caller) => {
      caller.require(`/nodes/${context.node}`, "Sys.Audit");
      return describeStatus();
    },
  }),
  endpoint({
    method: "GET",
    path: "/cluster/nextid",
    parameters: z.strictObject({ vmid: vmidParameter.optional() }),
    handle: async (context, { vmid }) => {
      const used = new Set(await context.guests.list());
      if (vmid !== undefined) {
        if (used.has(vmid)) throw parameterFailure({ vmid: `VM ${vmid} already exists` });
        return String(vmid);
      }
      let free = lowestVmid;
      while (used.has(free)) free += 1;
      return String(free);
    },
  }),
  endpoint({
    method: "GET",
    path: "/cluster/resources",
    parameters: z.strictObject({ type: enumeration(["vm", "storage", "node", "sdn"]).optional() }),
    handle: async (context, { type }, caller) => {
      const guests = (await describeGuests(context, caller)).map((guest) => ({
        ...guest,
        id: `lxc/${String(guest["vmid"])}`,
        node: context.node,
        maxcpu: guest["cpus"],
      }));
      const storages = [templateStorage, diskStorage].map((storage) => ({
        id: `storage/${context.node}/${storage}`,
        node: context.node,
        type: "storage",
        ...storageResource(storage),
      }));
      const resources = { vm: guests, storage: storages, node: [describeNode(context)], sdn: [] };
      return type === undefined ? [...resources.vm, ...resources.storage, ...resources.node] : resources[type];
    },
  }),
];
