/** What the Proxmox VE API answers, as far as Berth reads it. */
import * as z from "zod";

const flagSchema = z.union([z.boolean(), z.coerce.number()]).transform((value) => value === true || value === 1);

/** An entry of `GET /nodes/{node}/lxc`. */
export const lxcEntrySchema = z.object({
  vmid: z.coerce.number().int(),
  name: z.string().default(""),
  status: z.string(),
  tags: z.string().default(""),
  lock: z.string().optional(),
});
export type LxcEntry = z.output<typeof lxcEntrySchema>;

/** `GET /nodes/{node}/lxc/{vmid}/config`. What is absent has Proxmox VE's default. */
export const lxcConfigSchema = z.object({
  hostname: z.string().optional(),
  description: z.string().default(""),
  tags: z.string().default(""),
  lock: z.string().optional(),
  cores: z.coerce.number().int().optional(),
  memory: z.coerce.number().default(512),
  swap: z.coerce.number().default(512),
  rootfs: z.string().default(""),
  net0: z.string().default(""),
  features: z.string().default(""),
  unprivileged: flagSchema.default(false),
});
export type LxcConfig = z.output<typeof lxcConfigSchema>;

/** An LXC in `GET /cluster/resources?type=vm`, which lists virtual machines too. */
export const clusterGuestSchema = z.object({
  vmid: z.coerce.number().int(),
  node: z.string(),
  type: z.string(),
  tags: z.string().default(""),
  maxmem: z.coerce.number().default(0),
  template: flagSchema.default(false),
});

/** `GET /nodes/{node}/status`; bytes. */
export const nodeStatusSchema = z.object({
  memory: z.object({ total: z.coerce.number() }),
  cpuinfo: z.object({ cpus: z.coerce.number().int() }).optional().describe("Logical CPUs"),
});

/** `GET /nodes/{node}/storage/{storage}/status`; bytes. */
export const storageStatusSchema = z.object({ total: z.coerce.number(), avail: z.coerce.number() });

/** `GET /nodes/{node}/tasks/{upid}/status`. */
export const taskStatusSchema = z.object({ status: z.string(), exitstatus: z.string().optional() });

/** A line of `GET /nodes/{node}/tasks/{upid}/log`; `n` counts from 1. */
export const taskLogSchema = z.array(z.object({ n: z.coerce.number().int(), t: z.string().default("") }));

/** A task's id: `UPID:pve:0000C530:001C9BEC:4F7F1A2B:vzcreate:110:berth@pve!controller:`. */
export const upidSchema = z.string().startsWith("UPID:");
export const vmidSchema = z.coerce.number().int().min(100);
