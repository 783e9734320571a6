import * as z from "zod";
import { instanceNameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";
import { instanceSpecSchema } from "./instance-spec.ts";

/** What is copied while the instance is stopped, for it to go back to should the new version fail. */
export const checkpointSchema = z.strictObject({
  volumes: z.array(z.string()).describe("Docker volumes of the instance, in full"),
  databases: z.array(
    z.strictObject({ server: instanceNameSchema.describe("Instance of PostgreSQL"), database: z.string() }),
  ),
});

/** What becomes of instances that were moved when the upgrade stops: they stay, or all go back to what they held before. */
export const onFailureSchema = z.enum(["stop", "rollback-all"]);
export type OnFailure = z.output<typeof onFailureSchema>;

const inputSchema = z.strictObject({
  upgrade: z.string().describe("Id that the instances of one upgrade share: n8n-20261129-121500-3f2a"),
  spec: instanceSpecSchema,
  former: instanceSpecSchema.describe("What runs before, and again when the new version fails"),
  checkpoint: checkpointSchema
    .nullable()
    .describe("null: the former version reads what the new one has written; containers alone are exchanged"),
  minHealthySeconds: z.int().min(0),
  maxFailures: z.int().min(0).describe("How many instances of the upgrade may go back before it stops"),
  onFailure: onFailureSchema
    .default("stop")
    .describe("rollback-all: what was copied is kept until instance.rollback, and the upgrade stops by passing by"),
  record: z.boolean().describe("Write the version into the desired state; false: it is there already"),
});

/**
 * Moves one instance to another version, by operations on its node and on its stores: checkpoint, new version, health
 * gate, look through the route, desired state, checkpoint removed. When the new version fails, the instance goes back to
 * exactly what ran, with the data of the checkpoint.
 */
export const instanceUpgrade = defineOperation({
  kind: "instance.upgrade",
  runsOn: "controller",
  deadlineSeconds: 7200,
  // Told to stop in the middle, it goes on to one end or the other: a half-upgraded instance is neither.
  settleSeconds: 7200,
  input: inputSchema,
  result: z.object({
    outcome: z
      .enum(["upgraded", "went-back", "passed-by"])
      .describe("passed-by: too many had gone back when its turn came; it was not touched"),
    reason: z.string().nullable().describe("Why it went back"),
    gapMilliseconds: z.int().describe("From the stop of the former version to when one was healthy again"),
  }),
  resource: (input) => `upgrade/${input.spec.instance}`,
});

/**
 * An instance's part in the end of an upgrade that may be rolled back: where more than `maxFailures` went back, it goes back
 * too, to the version and the data of before its own turn; otherwise the copies are removed. Its input is that of
 * `instance.upgrade`.
 */
export const instanceRollback = defineOperation({
  kind: "instance.rollback",
  runsOn: "controller",
  deadlineSeconds: 7200,
  settleSeconds: 7200,
  input: inputSchema,
  result: z.object({ wentBack: z.boolean() }),
  resource: (input) => `upgrade/${input.spec.instance}`,
});
