import { expect, it } from "vitest";
import { chartData, chartTop, showsLimit } from "./chart-data.ts";
import type { Series } from "./sample-store.ts";

function seriesOf(seconds: number[], values: number[]): Series {
  const time = Float64Array.from(seconds, (second) => second * 1000);
  return { time, values: Float64Array.from(values), begin: 0, end: seconds.length };
}

it("keeps the window only, in seconds of this browser's clock", () => {
  const data = chartData([seriesOf([1, 98, 99, 100], [9, 1, 2, 3])], 3_600_000, 10_000);
  expect(data).toEqual([
    [3698, 3699, 3700],
    [1, 2, 3],
  ]);
});

it("has null for what was not measured, and between samples far apart", () => {
  const seconds = [50, 51, 100];
  const data = chartData([seriesOf(seconds, [1, Number.NaN, 3]), undefined], 0, 100_000);
  expect(data).toEqual([
    [50, 51, 51.001, 100],
    [1, null, null, 3],
    [null, null, null, null],
  ]);
});

it("is empty when nothing is known", () => {
  expect(chartData([undefined, undefined], 0, 1000)).toEqual([[], [], []]);
});

it("brings in a limit only when it is near", () => {
  const data = chartData([seriesOf([1, 2], [2, 4])], 0, 10_000);
  expect(chartTop(data, 100, 1)).toBeCloseTo(4.6);
  expect(chartTop(data, 8, 1)).toBeCloseTo(8.4);
  expect(chartTop(data, Number.NaN, 10)).toBe(10);
  expect(showsLimit(3, 0)).toBe(false);
});
