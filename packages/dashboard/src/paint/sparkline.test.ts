import { expect, it } from "vitest";
import type { Series } from "../samples/sample-store.ts";
import { sparklinePaths } from "./sparkline.ts";

/** One unit of width is a second. */
const options = { most: 2, now: 1_000_000, windowMilliseconds: 150_000 };

function seriesOf(...points: [second: number, value: number][]): Series {
  const time = Float64Array.from(points, ([second]) => second * 1000);
  return { time, values: Float64Array.from(points, ([, value]) => value), begin: 0, end: points.length };
}

it("puts the present at the right edge, the most at the upper one, and closes the area below", () => {
  expect(sparklinePaths(seriesOf([997, 0], [999, 1], [1000, 2]), options)).toEqual({
    line: "M147 23L149 12L150 1",
    area: "M147 24L147 23L149 12L150 1L150 24Z",
  });
});

it("ends where nothing was measured any more, and is not cut off where another clock is a little ahead", () => {
  expect(sparklinePaths(seriesOf([899, 2], [900, 2]), options).line).toBe("M49 1L50 1");
  expect(sparklinePaths(seriesOf([998, 2], [1001, 0]), options).line).toBe("M148 1L150 23");
});

it("keeps the peak of samples that share a place", () => {
  expect(sparklinePaths(seriesOf([1000, 0], [1000.2, 2], [1000.4, 1]), options).line).toBe("M150 1");
});

it("leaves out what is older than the window, and what lies outside of the kept rows", () => {
  const series = { ...seriesOf([849, 2], [850, 2], [998, 2], [999, 2], [1000, 2]), begin: 0, end: 4 };
  expect(sparklinePaths(series, options).line).toBe("M0 1M148 1L149 1");
});

it("does not join over a gap or over what was not measured", () => {
  const series = seriesOf([978, 1], [983, 1], [997, 1], [998, Number.NaN], [1000, 1]);
  expect(sparklinePaths(series, options).line).toBe("M128 12L133 12M147 12L150 12");
});

it("stays within the drawing when a value is above the most, or there is no most", () => {
  expect(sparklinePaths(seriesOf([1000, 5]), options).line).toBe("M150 1");
  expect(sparklinePaths(seriesOf([1000, 5]), { ...options, most: 0 }).line).toBe("M150 23");
  expect(sparklinePaths(undefined, options)).toEqual({ line: "", area: "" });
});
