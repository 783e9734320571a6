import { expect, it } from "vitest";
import { weightOf } from "./order.ts";

it("adds up both directions, and counts for less than nothing what is not measured", () => {
  const values: Record<string, number | null> = {
    networkReceiveBytesPerSecond: 3,
    networkTransmitBytesPerSecond: 4,
    diskReadBytesPerSecond: Number.NaN,
    diskWriteBytesPerSecond: 2,
    cpuCores: 0,
  };
  const read = (column: string) => values[column] ?? null;
  expect(weightOf("network", read)).toBe(7);
  expect(weightOf("disk", read)).toBe(2);
  expect(weightOf("cpu", read)).toBeGreaterThan(weightOf("memory", read));
});
