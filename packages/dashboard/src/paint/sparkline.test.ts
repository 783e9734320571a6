import { expect, it } from "vitest";
import type { Series } from "../samples/sample-store.ts";
import { sparklinePaths } from "./sparkline.ts";

/** One unit of width is a second. */
const options = { most: 2, windowMilliseconds: 150_000 };

function seriesOf(...points: [second: number, value: number][]): Series {
  const time = Float64Array.from(points, ([second]) => second * 1000);
  return { time, values: Float64Array.from(points, ([, value]) => value), begin: 0, end: points.length };
}

it("puts the newest sample at the right edge, the most at the upper one, and closes the area below", () => {
  expect(sparklinePaths(seriesOf([997, 0], [999, 1], [1000, 2]), options)).toEqual({
    line: "M147 23L149 12L150 1",
    area: "M147 24L147 23L149 12L150 1L150 24Z",
  });
});

it("keeps the peak of samples that share a place", () => {
  expect(sparklinePaths(seriesOf([1000, 0], [1000.2, 2], [1000.4, 1]), options).line).toBe("M150 1");
});

it("leaves out what is older than the window, and what lies outside of the kept rows", () => {
  const series = { ...seriesOf([849, 2], [998, 2], [999, 2], [1000, 2]), begin: 0, end: 3 };
  expect(sparklinePaths(series, options).line).toBe("M0 1L149 1L150 1".replace("M0 1L", "M0 1M"));
});

it("does not join over a gap or over what was not measured", () => {
  const series = seriesOf([978, 1], [983, 1], [997, 1], [998, Number.NaN], [1000, 1]);
  expect(sparklinePaths(series, options).line).toBe("M128 12L133 12M147 12L150 12");
});

it("stays within the drawing when a value is above the most, or there is no most", () => {
  expect(sparklinePaths(seriesOf([100, 5]), options).line).toBe("M150 1");
  expect(sparklinePaths(seriesOf([100, 5]), { ...options, most: 0 }).line).toBe("M150 23");
  expect(sparklinePaths(undefined, options)).toEqual({ line: "", area: "" });
});
