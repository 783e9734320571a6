/** The section `upgrades:` of a fleet file. */
import * as z from "zod";
import { nameSchema } from "../names.ts";
import { cronSchema, timeZoneSchema } from "./schedule.ts";

/** How many instances move at a time. */
export const batchSchema = z.union([
  z.int().min(1).max(1000),
  z
    .string()
    .regex(/^(?:[1-9]|[1-9]\d|100)%$/, { error: "must be a number of instances, or a share of them such as 25%" }),
]);

export const upgradesSchema = z
  .strictObject({
    check: cronSchema.default("0 5 * * *").describe("When registries are asked for newer versions; cron"),
    timeZone: timeZoneSchema.describe("Of `check` and of the window"),
    automatic: z
      .enum(["none", "patch", "minor"])
      .default("none")
      .describe("What Berth begins by itself: nothing; 2.41.3 -> 2.41.4; also 2.41.4 -> 2.42.0"),
    services: z
      .array(nameSchema)
      .optional()
      .describe("Those that are upgraded automatically; all services of tenants when left out"),
    window: z
      .strictObject({
        start: cronSchema.describe("When it opens; cron"),
        hours: z.int().min(1).max(168).describe("For how long automatic upgrades may begin"),
      })
      .optional()
      .describe("When automatic upgrades may begin; at any time when left out"),
    batch: batchSchema.default(1).describe("How many instances move at a time after the first"),
    minHealthySeconds: z.int().min(0).max(900).default(30).describe("How long a new version must stay healthy"),
  })
  .describe("How instances get to newer versions");

export type Upgrades = z.output<typeof upgradesSchema>;
export type Batch = z.output<typeof batchSchema>;
