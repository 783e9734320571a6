import { expect, it } from "vitest";
import { ageOf, chartData, chartTop, showsLimit } from "./chart-data.ts";
import type { Series } from "./sample-store.ts";

function seriesOf(seconds: number[], values: number[]): Series {
  const time = Float64Array.from(seconds, (second) => second * 1000);
  return { time, values: Float64Array.from(values), begin: 0, end: seconds.length };
}

it("keeps the window before the present only, in seconds", () => {
  const data = chartData([seriesOf([1, 98, 99, 100], [9, 1, 2, 3])], 109_000, 10_000);
  expect(data).toEqual([
    [99, 100],
    [2, 3],
  ]);
});

it("knows what is old: more than a few samples late", () => {
  const data = chartData([seriesOf([99, 100], [1, 2])], 100_000, 10_000);
  expect([101_000, 112_000, 130_000].map((now) => ageOf(data, now))).toEqual([undefined, undefined, 30_000]);
  expect(ageOf([[]], 130_000)).toBeUndefined();
});

it("has null for what was not measured, and between samples far apart", () => {
  const seconds = [50, 51, 100];
  const data = chartData([seriesOf(seconds, [1, Number.NaN, 3]), undefined], 100_000, 100_000);
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
  const data = chartData([seriesOf([1, 2], [2, 4])], 2000, 10_000);
  expect(chartTop(data, 100, 1)).toBeCloseTo(4.6);
  expect(chartTop(data, 8, 1)).toBeCloseTo(8.4);
  expect(chartTop(data, Number.NaN, 10)).toBe(10);
  expect(showsLimit(3, 0)).toBe(false);
});
