/** Samples: what is measured each second, as columns so that a frame is numbers only. docs/metrics.md defines each. */
import * as z from "zod";

/** Columns of a node's row. Rates are per second, computed on the node between two samples. */
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
] as const;

/** Columns of a container's row. `memoryBytes` is the working set: usage without inactive file cache. */
export const containerColumns = [
  "cpuCores",
  "memoryBytes",
  "memoryLimitBytes",
  "networkReceiveBytesPerSecond",
  "networkTransmitBytesPerSecond",
  "diskReadBytesPerSecond",
  "diskWriteBytesPerSecond",
  "processes",
] as const;

export type NodeColumn = (typeof nodeColumns)[number];
export type ContainerColumn = (typeof containerColumns)[number];

const nodeRowSchema = z.array(z.number()).length(nodeColumns.length);
const containerRowSchema = z.array(z.number()).length(containerColumns.length);

export const frameSchema = z.strictObject({
  at: z.int().describe("Milliseconds since the epoch, by the node's clock"),
  node: nodeRowSchema,
  containers: z.array(containerRowSchema.nullable()).describe("By position in the batch's list; null: not measured"),
});

export const sampleBatchSchema = z.strictObject({
  containers: z.array(z.string()).max(1000).describe("Container names; frames refer to them by position"),
  frames: z.array(frameSchema).max(4000),
});

export type Frame = z.output<typeof frameSchema>;
export type SampleBatch = z.output<typeof sampleBatchSchema>;

export function nodeValue(row: readonly number[], column: NodeColumn): number {
  return row[nodeColumns.indexOf(column)] ?? Number.NaN;
}

export function containerValue(row: readonly number[], column: ContainerColumn): number {
  return row[containerColumns.indexOf(column)] ?? Number.NaN;
}
