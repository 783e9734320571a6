/** Samples: what is measured each second, as columns so that a frame is numbers only. docs/metrics.md defines each. */
import * as z from "zod";

/** Columns of a node's row; new ones come last, since older agents send the first of them alone. Rates are per second, computed on the node between two samples. */
export const nodeColumns = [
  "cpuCores",
  "memoryBytes",
  "memoryLimitBytes",
  "swapBytes",
  "networkReceiveBytesPerSecond",
  "networkTransmitBytesPerSecond",
  "diskReadBytesPerSecond",
  "diskWriteBytesPerSecond",
  "diskUsedBytes",
  "diskSizeBytes",
  "cpuPressure",
  "memoryPressure",
  "ioPressure",
  "loadAverage",
] as const;

/** Columns of a container's row, likewise. `memoryBytes` is the working set: usage without inactive file cache. */
export const containerColumns = [
  "cpuCores",
  "memoryBytes",
  "memoryLimitBytes",
  "networkReceiveBytesPerSecond",
  "networkTransmitBytesPerSecond",
  "diskReadBytesPerSecond",
  "diskWriteBytesPerSecond",
  "processes",
  "cpuThrottled",
] as const;

export type NodeColumn = (typeof nodeColumns)[number];
export type ContainerColumn = (typeof containerColumns)[number];

/** How many columns the first agents had. */
const least = { node: 10, container: 8 };
const valueSchema = z.number().nullable().describe("null: this node has nothing that tells it");
const nodeRowSchema = z.array(valueSchema).min(least.node).max(nodeColumns.length);
const containerRowSchema = z.array(valueSchema).min(least.container).max(containerColumns.length);

export const frameSchema = z.strictObject({
  at: z.int().describe("Milliseconds since the epoch, by the node's clock"),
  node: nodeRowSchema,
  containers: z.array(containerRowSchema.nullable()).describe("By position in the batch's list; null: not measured"),
});

/** Of a node with more, so many are measured: those of instances, then others. */
export const mostContainers = 1000;

export const longestContainerName = 255;
/** More than the longest message has room for, unless they say nothing. */
const mostRows = 400_000;

export const sampleBatchSchema = z
  .strictObject({
    containers: z
      .array(z.string().max(longestContainerName))
      .max(mostContainers)
      .describe("Container names; frames refer to them by position"),
    frames: z.array(frameSchema).max(4000),
    running: z
      .int()
      .positive()
      .optional()
      .describe("How many containers run; left out: not more than are measured. Since 1.3"),
  })
  .refine(({ containers, frames }) => containers.length * frames.length <= mostRows, "Too many rows")
  .refine(
    ({ containers, frames }) => frames.every((frame) => frame.containers.length <= containers.length),
    "A row of no container",
  );

export type Frame = z.output<typeof frameSchema>;
export type SampleBatch = z.output<typeof sampleBatchSchema>;

/** A row's values in the order of its columns; what was not measured is null or left out. */
export type Row = readonly (number | null)[];

/** NaN: it was not measured. */
export function nodeValue(row: Row, column: NodeColumn): number {
  return row[nodeColumns.indexOf(column)] ?? Number.NaN;
}

export function containerValue(row: Row, column: ContainerColumn): number {
  return row[containerColumns.indexOf(column)] ?? Number.NaN;
}
