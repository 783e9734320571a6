import { expect, it } from "vitest";
import { defaultHistory, metricsSchema } from "./metrics.ts";

const resolutionsOf = (...resolutions: unknown[]) => metricsSchema.safeParse({ history: { resolutions } });

it("keeps ten seconds for a day, minutes for two weeks and quarters of an hour for 13 months", () => {
  expect(metricsSchema.parse({})).toEqual({ history: defaultHistory });
  expect(defaultHistory.resolutions).toEqual([
    { seconds: 10, days: 1 },
    { seconds: 60, days: 14 },
    { seconds: 900, days: 396 },
  ]);
});

it.each([
  [
    [
      { seconds: 60, days: 1 },
      { seconds: 10, days: 2 },
    ],
    "from the finest resolution to the coarsest",
  ],
  [
    [
      { seconds: 10, days: 1 },
      { seconds: 25, days: 2 },
    ],
    "multiples of each other",
  ],
  [
    [
      { seconds: 10, days: 3 },
      { seconds: 60, days: 2 },
    ],
    "at least as long as a finer one",
  ],
])("refuses resolutions that do not go together", (list, reason) => {
  expect(resolutionsOf(...list).error?.issues[0]?.message).toContain(reason);
});

it("takes one resolution", () => {
  expect(resolutionsOf({ seconds: 300, days: 30 }).success).toBe(true);
});
