/** A plan: operations that bring observed state to desired state, as a graph. Pure data, without secrets. */
import * as z from "zod";
import { nameSchema } from "../names.ts";
import { operationKinds, type OperationInput, type OperationKind } from "./index.ts";

export const changeSchema = z.enum([
  "create",
  "update",
  "start",
  "restart",
  "repair",
  "remove",
  "verify",
  "backup",
  "restore",
  "prune",
  "upgrade",
]);

export const plannedOperationSchema = z.strictObject({
  id: z.string().describe("<kind>/<target>, unique in the plan: instance.ensure/user1-n8n"),
  kind: z.enum(operationKinds),
  change: changeSchema,
  node: nameSchema.nullable().describe("Node it concerns"),
  target: z.string().describe("Name of what it changes: a node, an instance, a database, an image"),
  reason: z.string().describe("Why it is needed, as a phrase: 'version 2.40.0 -> 2.41.3'"),
  after: z.array(z.string()).describe("Ids of the operations that must have succeeded before"),
  input: z.record(z.string(), z.unknown()).describe("As the kind's input schema says; secrets by reference only"),
});

export const planSchema = z.strictObject({
  operations: z.array(plannedOperationSchema),
  warnings: z.array(z.string()).default([]),
});

export type Plan = z.output<typeof planSchema>;
export type Change = z.output<typeof changeSchema>;

/** A planned operation whose input is typed by its kind. */
export type PlannedOperation<K extends OperationKind = OperationKind> = {
  [Kind in K]: Omit<z.output<typeof plannedOperationSchema>, "kind" | "input"> & {
    kind: Kind;
    input: OperationInput<Kind>;
  };
}[K];
