import { expect, it } from "vitest";
import { fillLevel, type FillLevel } from "./fill-level.ts";

it("is as bad as it was until it is clearly below the line", () => {
  const levels = (what: "memory" | "disk", shares: readonly number[]): FillLevel[] => {
    let level: FillLevel = "well";
    return shares.map((share) => (level = fillLevel(what, share, level)));
  };
  expect(levels("memory", [0.89, 0.9, 0.89, 0.91, 0.88, 0.86, 0.89, Number.NaN])).toEqual([
    ...["well", "warning", "warning", "warning", "warning", "well", "well", "well"],
  ]);
  expect(levels("disk", [0.95, 0.93, 0.91, 0.83, 0.81, 0.84])).toEqual([
    ...["problem", "problem", "warning", "warning", "well", "well"],
  ]);
});
