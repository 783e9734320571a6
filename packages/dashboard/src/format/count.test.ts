import { expect, it } from "vitest";
import { formatAmount } from "./count.ts";

it.each([
  [0, "0"],
  [4.4, "4"],
  [999_999.4, "999999"],
  [1_000_000, "1 M"],
  [1_254_000, "1.25 M"],
  [Number.NaN, "–"],
])("writes an amount of %d as %s", (count, text) => expect(formatAmount(count)).toBe(text));
