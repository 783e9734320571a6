import { expect, it } from "vitest";
import { formatDuration, formatMoment, formatSpan } from "./time.ts";

it.each([
  [-5, "0 s"],
  [999, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [83_000, "1 min 23 s"],
  [3_600_000, "1 h"],
  [3_600_000 * 5 + 60_000 * 7, "5 h 7 min"],
  [86_400_000 * 3 + 3_600_000 * 2, "3 d 2 h"],
])("writes a span of %d ms as %s", (milliseconds, text) => expect(formatSpan(milliseconds)).toBe(text));

it("shows tenths of a short duration only", () => {
  expect(formatDuration(1_940)).toBe("1.9 s");
  expect(formatDuration(12_940)).toBe("12 s");
});

it("adds the date when the moment is not today", () => {
  const now = new Date(2026, 10, 24, 15, 0, 0).getTime();
  expect(formatMoment(new Date(2026, 10, 24, 9, 5, 7).toISOString(), now)).toBe("09:05:07");
  expect(formatMoment(new Date(2026, 10, 23, 9, 5, 7).toISOString(), now)).toBe("2026-11-23 09:05:07");
});
