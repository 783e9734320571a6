import { expect, it } from "vitest";
import { aligned, comparisonOf, earlierSpan } from "./comparison.ts";

const day = 86_400_000;

it.each(["before", "day", "week"])("'%s' is named in the address", (name) => {
  expect(comparisonOf(`?range=1h&compare=${name}`)).toBe(name);
});

it.each(["", "?range=1h", "?compare=", "?compare=year", "?compare=toString"])("'%s' compares nothing", (search) =>
  expect(comparisonOf(search)).toBeUndefined(),
);

it("is directly before, or at the same time of a day before", () => {
  const span = { from: 20 * day, to: 22 * day };
  expect(earlierSpan(span, "before")).toEqual({ from: 18 * day, to: 20 * day });
  expect(earlierSpan(span, "day")).toEqual({ from: 19 * day, to: 21 * day });
  expect(earlierSpan(span, "week")).toEqual({ from: 13 * day, to: 15 * day });
});

const shown = { from: 1000, step: 10, length: 4 };

it("keeps steps that are the same as they are, gaps too", () => {
  expect(aligned([1, null, 3, 4], { from: 900, step: 10 }, shown, 100)).toEqual([1, null, 3, 4]);
});

it("takes each value once where steps are as long but begin a little apart", () => {
  expect(aligned([1, null, 3, 4], { from: 896, step: 10 }, shown, 100)).toEqual([1, null, 3, 4]);
  expect(aligned([1, null, 3, 4, 5], { from: 894, step: 10 }, shown, 100)).toEqual([null, 3, 4, 5]);
  expect(aligned([1, 2, null, 4, 5], { from: 895, step: 10 }, shown, 100)).toEqual([2, null, 4, 5]);
});

it("repeats what stands for a longer time, and invents nothing between two of them", () => {
  expect(aligned([2, 6], { from: 900, step: 20 }, shown, 100)).toEqual([2, 2, 6, 6]);
  expect(aligned([null, 6], { from: 900, step: 20 }, shown, 100)).toEqual([null, null, 6, 6]);
  expect(aligned([7], { from: 0, step: 900 }, shown, 1000)).toEqual([7, 7, 7, 7]);
});

it("averages what stands for a shorter time, each value counted once", () => {
  const finer = { from: 900, step: 5 };
  expect(aligned([1, 3, null, 5, null, null, 0, 8], finer, shown, 100)).toEqual([2, 5, null, 4]);
  expect(aligned([3, 6, 9, 12], { from: 900, step: 8 }, shown, 100)).toEqual([3, 6, 10.5, null]);
});

it("has nothing before and after what was measured", () => {
  expect(aligned([1, 2], { from: 910, step: 10 }, shown, 100)).toEqual([null, 1, 2, null]);
  expect(aligned([1, 2, 3], { from: 880, step: 10 }, shown, 100)).toEqual([3, null, null, null]);
  expect(aligned([1, 2, 3], { from: 985, step: 5 }, shown, 0)).toEqual([null, null, null, null]);
  expect(aligned([1, 2], { from: 500, step: 10 }, shown, 100)).toEqual([null, null, null, null]);
  expect(aligned([], { from: 900, step: 10 }, shown, 100)).toEqual([null, null, null, null]);
  expect(aligned([1], { from: 900, step: 10 }, { ...shown, length: 0 }, 100)).toEqual([]);
});
