import * as z from "zod";
import { historyStatusSchema } from "../metrics/history.ts";
import { holdingColumns, isHoldingColumn, rowsColumn } from "../metrics/holdings.ts";
import { containerColumns, nodeColumns } from "../metrics/samples.ts";
import { liveSamplesSchema } from "./live.ts";
import { defineEndpoint } from "./define.ts";

/** The recent past of every node, so that a page opens with its curves drawn. */
export const getSamples = defineEndpoint({
  method: "GET",
  path: "/api/samples",
  summary: "Samples of the last seconds, by node",
  role: "tenant",
  query: z.object({ seconds: z.coerce.number().int().min(1).max(7200).default(300), node: z.string().optional() }),
  response: z.object({ nodes: z.array(liveSamplesSchema) }),
});

export const getHistoryStatus = defineEndpoint({
  method: "GET",
  path: "/api/history",
  summary: "How much of the metrics' past is kept, and what it takes on disk",
  role: "viewer",
  response: historyStatusSchema,
});

/** Of nodes and containers, and of what stores and disks hold: counts of rows have a column `rows:NAME` each besides. */
export const historyColumns = [
  ...new Set<string>([...nodeColumns, ...containerColumns, ...holdingColumns, rowsColumn]),
];

export function isHistoryColumn(name: string): boolean {
  return historyColumns.includes(name) || isHoldingColumn(name);
}

const momentSchema = z.iso.datetime({ offset: true });
const mostPoints = 5000;
const mostColumns = 50;

export const historyQuerySchema = z
  .object({
    from: momentSchema.describe("ISO 8601"),
    to: momentSchema.describe("ISO 8601; not included"),
    columns: z
      .string()
      .default("cpuCores,memoryBytes")
      .refine((text) => namesOf(text).length <= mostColumns, { error: `must be ${mostColumns} at most` })
      .refine((text) => namesOf(text).every(isHistoryColumn), {
        error: `must be some of ${historyColumns.join(", ")}, with commas between`,
      })
      .describe(
        "Names of columns, with commas between; with one of what stores or disks hold, points are 15 minutes apart or more",
      ),
    points: z.coerce
      .number()
      .int()
      .min(1)
      .max(mostPoints)
      .default(600)
      .describe("How many points of each curve to give"),
    by: z
      .enum(["sum", "container"])
      .default("sum")
      .describe(
        "sum: what belongs to it added up; container: each container, database, collection, bucket, file system and volume apart",
      ),
    only: z
      .string()
      .optional()
      .describe(
        "Of all these, those of such names alone (file systems by where they are mounted), with commas between",
      ),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { error: "must begin before it ends", path: ["to"] });

/** `cpuCores,memoryBytes` -> each once. */
export function namesOf(text: string): string[] {
  return [...new Set(text.split(",").map((name) => name.trim()))];
}

export const historyCurveSchema = z.object({
  average: z.array(z.number().nullable()),
  maximum: z.array(z.number().nullable()).describe("Of a sum: at most that, since maxima of one moment are added up"),
});
export type HistoryCurve = z.output<typeof historyCurveSchema>;

export const historySchema = z.object({
  kind: z.enum(["node", "instance", "tenant"]),
  name: z.string(),
  from: z.iso.datetime().describe("Of the first point, which stands for the step that begins then"),
  stepSeconds: z.number().describe("Between two points"),
  resolutionSeconds: z.number().describe("Of what was read: 1 is what is in memory"),
  length: z.int().describe("Number of points"),
  series: z.array(
    z.object({
      name: z
        .string()
        .describe(
          "Of the node, instance or tenant; or of the container, database, collection, bucket or volume; or where the file system is mounted",
        ),
      columns: z
        .record(z.string(), historyCurveSchema)
        .describe("By column; null is what was not measured. What was never held in this time is left out"),
    }),
  ),
});
export type MetricsHistoryAnswer = z.output<typeof historySchema>;

/** What was measured between two moments: averages and maxima of steps, in the resolution that the server chooses. */
export const getHistory = defineEndpoint({
  method: "GET",
  path: "/api/history/:kind/:name",
  summary:
    "Metrics of a node, of an instance or of all of a tenant's, and what stores and disks held for it, between two moments",
  role: "tenant",
  params: z.object({ kind: historySchema.shape.kind, name: z.string() }),
  query: historyQuerySchema,
  response: historySchema,
});
