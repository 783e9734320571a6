/** By what nodes, instances and containers are sorted, in `berth top` and on the page: highest first. Pure. */
import type { ContainerColumn, NodeColumn } from "./samples.ts";

type Column = NodeColumn & ContainerColumn;

/** The columns that are added up for it. */
const columnsOf = {
  cpu: ["cpuCores"],
  memory: ["memoryBytes"],
  network: ["networkReceiveBytesPerSecond", "networkTransmitBytesPerSecond"],
  disk: ["diskReadBytesPerSecond", "diskWriteBytesPerSecond"],
} as const satisfies Record<string, readonly Column[]>;

export type MeasuredOrder = keyof typeof columnsOf;
export type MeasuredColumn = (typeof columnsOf)[MeasuredOrder][number];

export const orders = ["cpu", "memory", "network", "disk", "name"] as const satisfies readonly (
  | MeasuredOrder
  | "name"
)[];
export type Order = (typeof orders)[number];

/** `read` answers null or NaN for what is not measured, which comes last. */
export function weightOf(order: MeasuredOrder, read: (column: MeasuredColumn) => number | null): number {
  const measured = columnsOf[order].map(read).filter((value) => value !== null && !Number.isNaN(value));
  return measured.length === 0 ? -1 : measured.reduce((total: number, value) => total + (value ?? 0), 0);
}
