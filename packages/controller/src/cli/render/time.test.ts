import { expect, test } from "vitest";
import { formatAge, formatClock, formatDuration } from "./time.ts";

test.each([
  [-5, "0s"],
  [8_900, "8s"],
  [72_000, "1m 12s"],
  [7_500_000, "2h 05m"],
  [273_600_000, "3d 04h"],
])("%i ms is %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test("parts of a second are shown below ten seconds when asked for", () => {
  expect(formatDuration(1_234, true)).toBe("1.2s");
  expect(formatDuration(12_345, true)).toBe("12s");
});

test("ages and clock times", () => {
  const now = Date.parse("2026-11-24T06:31:12.000Z");
  expect(formatAge("2026-11-24T06:29:12.000Z", now)).toBe("2m 00s ago");
  expect(formatClock(now)).toBe("06:31:12");
});
