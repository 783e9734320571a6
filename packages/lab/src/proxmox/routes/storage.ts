import { statfsSync } from "node:fs";
import { basename } from "node:path";
import * as z from "zod";
import { cacheDirectory } from "../../state.ts";
import { diskStorage, templateStorage } from "../context.ts";
import { endpoint } from "../endpoint.ts";
import { failure } from "../failures.ts";
import { parsePropertyString, parseSize } from "../formats.ts";
import { templateSize } from "../guest-statistics.ts";
import { text, vmidParameter } from "../parameters.ts";

/** As …/storage/{storage}/status has it. Sizes are those of the disk that the lab's files are on. */
function storageStatus(storage: string): Record<string, unknown> & { total: number; used: number } {
  const { blocks, bavail, bsize } = statfsSync(cacheDirectory());
  return {
    ...(storage === templateStorage
      ? { type: "dir", content: "vztmpl,iso,backup" }
      : { type: "lvmthin", content: "rootdir,images" }),
    active: 1,
    enabled: 1,
    shared: 0,
    total: blocks * bsize,
    avail: bavail * bsize,
    used: (blocks - bavail) * bsize,
  };
}

/** As the list of a node's storages has it. */
function listedStorage(storage: string): Record<string, unknown> {
  const status = storageStatus(storage);
  return { storage, ...status, used_fraction: status.used / status.total };
}

/** As the resources of the cluster have it. */
export function storageResource(storage: string): Record<string, unknown> {
  const { type, content, shared, total, used } = storageStatus(storage);
  return { storage, plugintype: type, content, shared, maxdisk: total, disk: used, status: "available" };
}

export const storageEndpoints = [
  endpoint({
    method: "GET",
    path: "/nodes/:node/storage",
    parameters: z.strictObject({ node: text(), content: text().optional(), enabled: text().optional() }),
    handle: async (_context, { content }, caller) =>
      [templateStorage, diskStorage]
        .filter((storage) => caller.may(`/storage/${storage}`, "Datastore.Audit"))
        .map((storage) => listedStorage(storage))
        .filter((entry) => content === undefined || String(entry["content"]).split(",").includes(content)),
  }),
  endpoint({
    method: "GET",
    path: "/nodes/:node/storage/:storage/status",
    parameters: z.strictObject({ node: text(), storage: text() }),
    handle: async (_context, { storage }, caller) => {
      requireStorage(storage);
      caller.require(`/storage/${storage}`, "Datastore.Audit", "Datastore.AllocateSpace");
      return storageStatus(storage);
    },
  }),
  endpoint({
    method: "GET",
    path: "/nodes/:node/storage/:storage/content",
    parameters: z.strictObject({
      node: text(),
      storage: text(),
      content: text().optional(),
      vmid: vmidParameter.optional(),
    }),
    handle: async (context, { storage, content, vmid }, caller) => {
      requireStorage(storage);
      caller.require(`/storage/${storage}`, "Datastore.Audit", "Datastore.AllocateSpace");
      if (storage === templateStorage) {
        if (content !== undefined && content !== "vztmpl") return [];
        return Promise.all(
          (await context.listTemplates()).map(async ({ volume, image }) => {
            const { bytes, changedAt } = await templateSize(image);
            const format = `t${basename(volume).split(".").at(-1) ?? ""}`;
            return { volid: volume, content: "vztmpl", format, size: bytes, ctime: changedAt };
          }),
        );
      }
      if (content !== undefined && content !== "rootdir") return [];
      const vmids = (await context.guests.list()).filter((guest) => vmid === undefined || guest === vmid);
      const disks = vmids.map(async (guest) => {
        const record = await context.guests.find(guest);
        if (record === undefined) return [];
        const rootfs = parsePropertyString(record.config.rootfs, "volume");
        const size = parseSize(rootfs.get("size") ?? "") ?? 0;
        return [{ volid: rootfs.get("volume"), content: "rootdir", format: "raw", vmid: guest, size }];
      });
      return (await Promise.all(disks)).flat();
    },
  }),
];

function requireStorage(storage: string): void {
  if (storage !== templateStorage && storage !== diskStorage) throw failure(`storage '${storage}' does not exist`);
}
