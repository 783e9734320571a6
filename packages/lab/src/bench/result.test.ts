import { expect, test } from "vitest";
import { median, result } from "./result.ts";

test("the median of odd and even counts", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow("No values");
});

test("a goal is met from its own side, itself included", () => {
  const figure = { name: "x", unit: "×", goal: 2, detail: "" };
  expect(result({ ...figure, value: 2, better: "higher" }).met).toBe(true);
  expect(result({ ...figure, value: 1.9, better: "higher" }).met).toBe(false);
  expect(result({ ...figure, value: 2.1, better: "lower" }).met).toBe(false);
});
