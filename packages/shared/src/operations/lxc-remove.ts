import * as z from "zod";
import { nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Stops and destroys a node's LXC with its disk, and takes the node out of the inventory. Only one that carries the fleet's mark. */
export const lxcRemove = defineOperation({
  kind: "lxc.remove",
  runsOn: "controller",
  deadlineSeconds: 300,
  input: z.strictObject({ node: nameSchema, proxmox: nameSchema }),
  result: z.object({ removed: z.boolean() }),
  resource: (input) => `node/${input.node}`,
});
