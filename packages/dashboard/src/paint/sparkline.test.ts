import { expect, it } from "vitest";
import type { Series } from "../samples/sample-store.ts";
import { sparklineStretches } from "./sparkline.ts";

const options = { width: 100, height: 21.5, ratio: 1, most: 2, windowMilliseconds: 10_000, colour: "" };

function seriesOf(...points: [second: number, value: number][]): Series {
  const time = Float64Array.from(points, ([second]) => second * 1000);
  return { time, values: Float64Array.from(points, ([, value]) => value), begin: 0, end: points.length };
}

it("puts the newest sample at the right edge, and the most at the upper one", () => {
  const stretches = sparklineStretches(seriesOf([95, 0], [98, 1], [100, 2]), options);
  expect(stretches).toEqual([
    [
      [50, 20.75],
      [80, 10.75],
      [100, 0.75],
    ],
  ]);
});

it("leaves out what is older than the window, and what lies outside of the kept rows", () => {
  const series = { ...seriesOf([80, 1], [98, 1], [99, 1], [100, 1]), begin: 1, end: 3 };
  expect(sparklineStretches(series, options).flat()).toHaveLength(2);
});

it("does not join over a gap or over what was not measured", () => {
  const stretches = sparklineStretches(seriesOf([91, 1], [92, 1], [98, 1], [99, Number.NaN], [100, 1]), options);
  expect(stretches.map((stretch) => stretch.length)).toEqual([2, 1, 1]);
});

it("stays within the canvas when a value is above the most, or there is no most", () => {
  expect(sparklineStretches(seriesOf([100, 5]), options)).toEqual([[[100, 0.75]]]);
  expect(sparklineStretches(seriesOf([100, 5]), { ...options, most: 0 })).toEqual([[[100, 20.75]]]);
});
