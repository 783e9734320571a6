import { expect, it } from "vitest";
import { momentText, spanText, stepText, tickText, timeIncrements } from "./span.ts";

const noon = new Date(2026, 10, 24, 12, 3, 9).getTime();
const midnight = new Date(2026, 10, 24).getTime();
const hour = 3_600_000;

it("names days where they begin, and hours between them", () => {
  expect([tickText(noon / 1000, 3600), tickText(midnight / 1000, 3600), tickText(noon / 1000, 86_400)]).toEqual([
    "12:03",
    "24 Nov",
    "24 Nov",
  ]);
});

it("says seconds only where there are any", () => {
  expect(momentText(noon / 1000, 10)).toBe("24 Nov 12:03:09");
  expect(momentText(noon / 1000, 900)).toBe("24 Nov 12:03");
});

it("says a day once, and of long spans no hours", () => {
  expect(spanText(noon, noon + hour)).toBe("24 Nov 12:03 – 13:03");
  expect(spanText(noon, noon + 24 * hour)).toBe("24 Nov 12:03 – 25 Nov 12:03");
  expect(spanText(noon, noon + 24 * 30 * hour)).toBe("24 Nov 2026 – 24 Dec 2026");
});

it("writes steps in their largest unit", () => {
  expect([2, 10, 60, 180, 1800, 43_200, 86_400, 5400].map(stepText)).toEqual([
    ...["2 s", "10 s", "1 min", "3 min", "30 min", "12 h", "1 d", "1.5 h"],
  ]);
});

it("has increments that grow", () => {
  expect(timeIncrements.toSorted((one, other) => one - other)).toEqual(timeIncrements);
});
