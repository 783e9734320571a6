import { expect, it } from "vitest";
import { chooseSteps } from "./steps.ts";

const second = 1000;
const hour = 3_600_000;
const day = 24 * hour;
const now = Date.parse("2026-11-24T12:00:00Z");
const resolutions = [
  { stepMilliseconds: 10 * second, keepMilliseconds: day },
  { stepMilliseconds: 60 * second, keepMilliseconds: 14 * day },
  { stepMilliseconds: 900 * second, keepMilliseconds: 396 * day },
];

function chosen(ago: number, span: number, points: number, liveFrom = Number.POSITIVE_INFINITY) {
  const from = now - ago;
  const { resolutionMilliseconds, stepMilliseconds, length } = chooseSteps({
    ...{ from, to: from + span, points, now, resolutions, liveFrom },
  });
  return [resolutionMilliseconds / second, stepMilliseconds / second, length];
}

it.each([
  ["an hour", hour, hour, 360, [10, 10, 360]],
  ["a day", day, day, 600, [60, 180, 480]],
  ["a day, finely", day, day, 8640, [10, 10, 8640]],
  ["a week", 7 * day, 7 * day, 600, [900, 1800, 336]],
  ["13 months", 395 * day, 395 * day, 800, [900, 43_200, 790]],
  ["an hour of last week, which is not kept in ten seconds", 7 * day, hour, 600, [60, 60, 60]],
  ["an hour of last spring", 200 * day, hour, 600, [900, 900, 4]],
  ["what is older than everything", 500 * day, hour, 600, [900, 900, 4]],
])("%s", (_, ago, span, points, expected) => {
  expect(chosen(ago, span, points)).toEqual(expected);
});

it("takes single seconds from memory when the span is short, and lies in it", () => {
  expect(chosen(300 * second, 300 * second, 150, now - hour)).toEqual([1, 2, 150]);
  expect(chosen(300 * second, 300 * second, 150, now - 60 * second)).toEqual([10, 10, 30]);
  expect(chosen(hour, hour, 100, now - 2 * hour)).toEqual([10, 40, 90]);
});

it("makes no step shorter than things are measured, in whichever resolution has it", () => {
  const least = (ago: number, span: number, of = resolutions) => {
    const leastStep = 900 * second;
    const question = { from: now - ago, to: now - ago + span, points: 600, now, leastStep, liveFrom: now - hour };
    const { resolutionMilliseconds, stepMilliseconds, length } = chooseSteps({ ...question, resolutions: of });
    return [resolutionMilliseconds / second, stepMilliseconds / second, length];
  };
  expect(least(hour, hour)).toEqual([900, 900, 4]);
  expect(least(30 * day, 30 * day)).toEqual([900, 4500, 577]);
  // A fleet that keeps no quarters of an hour.
  expect(least(hour, hour, resolutions.slice(0, 2))).toEqual([60, 900, 4]);
});
