import { expect, it } from "vitest";
import { backoffMilliseconds } from "./backoff.ts";

it("doubles up to a limit", () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((attempt) => backoffMilliseconds(attempt, 0.5))).toEqual([
    500, 1000, 2000, 4000, 8000, 10_000, 10_000,
  ]);
});

it("spreads by a quarter either way", () => {
  expect(backoffMilliseconds(1, 0)).toBe(750);
  expect(backoffMilliseconds(1, 1)).toBe(1250);
});
