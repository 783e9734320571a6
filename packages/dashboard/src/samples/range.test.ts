import { expect, it } from "vitest";
import { comparisonOf } from "./comparison.ts";
import { between, lengthOf, rangeOf, searchOf, shifted, spanOf, zoomed } from "./range.ts";

const now = Date.parse("2026-11-24T12:00:00Z");
const hour = 3_600_000;

it.each(["", "?range=1h", "?range=13mo", "?from=2026-11-23T10:00:00Z&to=2026-11-23T10:20:00Z"])(
  "an address and its range are the same: '%s'",
  (search) => expect(searchOf(rangeOf(search))).toBe(search),
);

it.each([
  "?compare=day",
  "?range=24h&compare=before",
  "?from=2026-11-23T10:00:00Z&to=2026-11-23T10:20:00Z&compare=week",
])("a range and what it is compared with are in one address: '%s'", (search) =>
  expect(searchOf(rangeOf(search), comparisonOf(search))).toBe(search),
);

it.each(["?range=2h", "?from=x&to=y", "?from=2026-11-23T10:00:00Z", "?from=2026-11-24&to=2026-11-23", "?else=1"])(
  "'%s' is the live view",
  (search) => expect(searchOf(rangeOf(search))).toBe(""),
);

it("goes with the time, or stands still", () => {
  expect(spanOf(rangeOf("?range=1h"), now)).toEqual({ from: now - hour, to: now });
  expect(spanOf(between(5, now), now + hour).to).toBe(now);
});

it("is never shorter than a minute nor longer than what is kept", () => {
  expect(lengthOf(between(now, now + 1))).toBe(60_000);
  expect(lengthOf(between(0, now))).toBe(396 * 24 * hour);
});

it("moves back, and forward as far as there is a past", () => {
  const back = shifted(rangeOf("?range=1h"), -0.5, now);
  expect(spanOf(back, now)).toEqual({ from: now - 1.5 * hour, to: now - 0.5 * hour });
  expect(spanOf(shifted(back, 0.5, now), now)).toEqual({ from: now - hour, to: now });
  expect(spanOf(shifted(back, 0.9, now), now)).toEqual({ from: now - hour, to: now });
});

it("gets longer and shorter around its middle, and does not reach into the future", () => {
  const there = between(now - 10 * hour, now - 8 * hour);
  expect(spanOf(zoomed(there, 0.5, now), now)).toEqual({ from: now - 9.5 * hour, to: now - 8.5 * hour });
  expect(spanOf(zoomed(rangeOf("?range=1h"), 2, now), now)).toEqual({ from: now - 2 * hour, to: now });
});
