/** The section `metrics:` of a fleet file. */
import * as z from "zod";
import { filePathSchema } from "./formats.ts";
import { sizeFrom } from "./units.ts";

export const resolutionSchema = z
  .strictObject({
    seconds: z.int().min(5).max(86_400).describe("Between two points; each keeps its average and its maximum"),
    days: z.int().min(1).max(3660).describe("For how long they are kept"),
  })
  .describe("One resolution of the history");

export type HistoryResolution = z.output<typeof resolutionSchema>;

const defaultResolutions: HistoryResolution[] = [
  { seconds: 10, days: 1 },
  { seconds: 60, days: 14 },
  { seconds: 900, days: 396 },
];

export const historySchema = z
  .strictObject({
    resolutions: z
      .array(resolutionSchema)
      .min(1)
      .max(6)
      .refine((list) => isEach(list, (finer, coarser) => coarser.seconds > finer.seconds), {
        error: "must go from the finest resolution to the coarsest",
      })
      .refine((list) => isEach(list, (finer, coarser) => coarser.seconds % finer.seconds === 0), {
        error: "must be multiples of each other: 10, 60 and 900 seconds",
      })
      .refine((list) => isEach(list, (finer, coarser) => coarser.days >= finer.days), {
        error: "must keep a coarser resolution for at least as long as a finer one",
      })
      .default(defaultResolutions)
      .describe("From the finest to the coarsest; the last two hours are kept in seconds besides, in memory"),
    maxSize: sizeFrom("16MiB", "less holds no history even of a small fleet")
      .default(2 * 1024 ** 3)
      .describe(
        "Most that it takes on the controller's disk; beyond, the oldest of each resolution goes. 1.3MiB for each node " +
          "and container holds all; less than 50KiB for each, nothing but the last two hours",
      ),
  })
  .describe("What is kept of the metrics of nodes and containers, and of what stores held");

/** The address of whoever takes remote write, with its login in it; no tenant is named `metrics`. */
export const remoteWriteSecretName = "metrics/remoteWrite";

const remoteWriteSchema = z
  .strictObject({
    intervalSeconds: z.int().min(5).max(3600).default(15).describe("Between two moments that are sent"),
    caFile: filePathSchema
      .optional()
      .describe("PEM of the CA (or of the certificate itself) that it must present; left out: the machine's CAs"),
  })
  .describe(
    "Sends what /metrics has to Prometheus, Mimir, VictoriaMetrics or Grafana Cloud; the URL, " +
      `https://USER:PASSWORD@HOST/PATH or https://:TOKEN@HOST/PATH, is the secret ${remoteWriteSecretName}`,
  );

export type RemoteWriteSettings = z.output<typeof remoteWriteSchema>;

export const metricsSchema = z
  .strictObject({ history: historySchema.prefault({}), remoteWrite: remoteWriteSchema.optional() })
  .describe("Metrics of nodes and containers");

export type MetricsHistory = z.output<typeof historySchema>;

/** Before there is a fleet file. */
export const defaultHistory: MetricsHistory = historySchema.parse({});

function isEach<Item>(list: readonly Item[], holds: (item: Item, next: Item) => boolean): boolean {
  return list.every((item, index) => {
    const next = list[index + 1];
    return next === undefined || holds(item, next);
  });
}
