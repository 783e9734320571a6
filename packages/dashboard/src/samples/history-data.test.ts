import type { MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import { expect, it } from "vitest";
import { historyCurves, lastValue, lonelyPoints, summaryOf, withinEdges } from "./history-data.ts";

const answer: MetricsHistoryAnswer = {
  kind: "instance",
  name: "user1-n8n",
  from: "1970-01-01T00:01:40Z",
  stepSeconds: 20,
  resolutionSeconds: 10,
  length: 3,
  series: [
    { name: "a", columns: { cpuCores: { average: [1, null, 2], maximum: [4, null, 2] } } },
    { name: "b", columns: { cpuCores: { average: [3, 3, null], maximum: [3, 5, null] } } },
  ],
};

it("has an average and a maximum for each series, in the middle of each step", () => {
  expect(historyCurves(answer, [{ column: "cpuCores" }])).toEqual({
    labels: ["a", "b"],
    data: [
      [110, 130, 150],
      [1, null, 2],
      [4, null, 2],
      [3, 3, null],
      [3, 5, null],
    ],
    isCompared: false,
  });
});

it("names each curve as it is told to, all alike or by its series", () => {
  const labels = (label: string | ((name: string) => string)) =>
    historyCurves(answer, [{ column: "cpuCores", label }]).labels;
  expect(labels("used")).toEqual(["used", "used"]);
  expect(labels((name) => `${name} of it`)).toEqual(["a of it", "b of it"]);
});

it("has the earlier averages last, of series with the same name, in the steps that are shown", () => {
  const series = [
    { name: "b", columns: { cpuCores: { average: [7, null], maximum: [9, null] } } },
    { name: "gone", columns: { cpuCores: { average: [1, 2], maximum: [1, 2] } } },
  ];
  const earlier = { ...answer, from: "1970-01-01T00:00:40Z", stepSeconds: 40, length: 2, series };
  const { labels, data, isCompared } = historyCurves(answer, [{ column: "cpuCores" }], {
    answer: earlier,
    lag: 60_000,
  });
  expect(isCompared).toBe(true);
  expect(labels).toEqual(["a", "b", "gone"]);
  expect(data.slice(5)).toEqual([[], [], [null, null, null], [7, 7, null], [1, 1, 2]]);
});

it("shows what was measured earlier only", () => {
  const nothing = { ...answer, series: [] };
  const { labels, data } = historyCurves(nothing, [{ column: "cpuCores", label: "cores" }], { answer, lag: 0 });
  expect(labels).toEqual(["cores", "cores"]);
  expect(data.slice(-2)).toEqual([
    [1, null, 2],
    [3, 3, null],
  ]);
});

it("has a curve of each thing that has the column, and of each count of rows", () => {
  const flat = (value: number) => ({ average: [value, value, value], maximum: [value, value, value] });
  const held = {
    ...answer,
    series: [
      { name: "user1_n8n", columns: { databaseBytes: flat(8), "rows:workflows": flat(2), "rows:executions": flat(9) } },
      { name: "user1-uploads", columns: { bucketBytes: flat(5), objects: flat(1) } },
    ],
  };
  const drawn = (column: string) => historyCurves(held, [{ column }]);
  expect(drawn("databaseBytes").labels).toEqual(["user1_n8n"]);
  expect(drawn("bucketBytes")).toMatchObject({
    labels: ["user1-uploads"],
    data: [
      [110, 130, 150],
      [5, 5, 5],
      [5, 5, 5],
    ],
  });
  expect(drawn("rows").labels).toEqual(["user1_n8n workflows", "user1_n8n executions"]);
  expect(drawn("rows").data.at(-1)).toEqual([9, 9, 9]);
  expect(drawn("points").labels).toEqual([]);
  // What is gone is still compared with.
  const { labels, data } = historyCurves(answer, [{ column: "rows" }], { answer: held, lag: 0 });
  expect(labels).toEqual(["user1_n8n workflows", "user1_n8n executions"]);
  expect(data.slice(-2)).toEqual([
    [2, 2, 2],
    [9, 9, 9],
  ]);
});

it("knows the least of the last values, and none where there is none", () => {
  expect(lastValue(answer, "cpuCores")).toBe(2);
  expect(lastValue(answer, "memoryLimitBytes")).toBeNaN();
});

it("sums a curve up by what was measured", () => {
  expect(summaryOf([1, null, 2], [4, null, 2])).toEqual({ average: 1.5, maximum: 4 });
  expect(summaryOf([null], [null])).toEqual({ average: NaN, maximum: NaN });
});

it("finds the points between two gaps", () => {
  expect(lonelyPoints([1, null, 2, 3, null, 4])).toEqual([0, 5]);
  expect(lonelyPoints([])).toEqual([]);
});

it("has the first and the last step within the chart, whose middles may lie outside", () => {
  const columns = [
    [1, 2, 3],
    [4, null, 6],
  ];
  expect(withinEdges([[95, 105, 115], ...columns], [100, 112])).toEqual([[100, 105, 112], ...columns]);
});
