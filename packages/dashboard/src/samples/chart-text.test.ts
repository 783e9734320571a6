import { formatCores } from "@berth/shared/metrics/units";
import { expect, it } from "vitest";
import type { ChartData } from "./chart-data.ts";
import { chartText, historyText } from "./chart-text.ts";

const times = [100, 160, 400, 999];

it("tells least, most and newest of each curve that was measured, and over which time", () => {
  const data: ChartData = [times, [0.5, 0.25, null, 2], [null, null, null, null], [3, 4, 1, null]];
  expect(chartText("CPU", ["one", "two", "three"], data, formatCores)).toBe(
    "CPU, over 15 min: one least 0.25, most 2.00, newest 2.00; three least 1.00, most 4.00, newest 1.00",
  );
  expect(chartText("CPU", ["cores"], [[]], formatCores)).toMatch(/: nothing was measured$/);
});

it("takes the most of a past from the maxima", () => {
  const data: ChartData = [times, [1, 2, 3, 1.5], [1, 7, 3, 2], [9, 9, 9, 9], [9, 9, 9, 9]];
  expect(historyText("CPU, yesterday", ["cores"], data, formatCores)).toBe(
    "CPU, yesterday: cores least 1.00, most 7.00, newest 1.50",
  );
});
