import * as z from "zod";
import { instanceNameSchema, nameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

/** Removes the instance's containers; its volumes only when `volumes` says so. */
export const instanceRemove = defineOperation({
  kind: "instance.remove",
  runsOn: "agent",
  deadlineSeconds: 300,
  input: z.strictObject({ node: nameSchema, instance: instanceNameSchema, volumes: z.boolean() }),
  result: z.object({ removed: z.boolean() }),
  resource: (input) => `instance/${input.instance}`,
});
