import * as z from "zod";
import { nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Makes the node's LXC exist with its specification and run. */
export const lxcEnsure = defineOperation({
  kind: "lxc.ensure",
  runsOn: "controller",
  deadlineSeconds: 600,
  input: z.strictObject({
    node: nameSchema,
    proxmox: nameSchema,
    vmid: z.int().nullable().describe("null: the next free one"),
    address: z.ipv4(),
    cores: z.int(),
    memoryBytes: z.int(),
    swapBytes: z.int(),
    diskBytes: z.int(),
    features: z.array(z.enum(["nesting", "keyctl", "fuse"])),
  }),
  result: z.object({ vmid: z.int(), created: z.boolean(), started: z.boolean() }),
  resource: (input) => `node/${input.node}`,
});
