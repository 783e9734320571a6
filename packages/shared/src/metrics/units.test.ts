import { describe, expect, it } from "vitest";
import { formatAhead, formatBytes, formatCores, formatLimit, formatRate, formatShare, shareOf } from "./units.ts";

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [512, "512 B"],
    [1023, "1023 B"],
    [1024, "1.00 KiB"],
    [10 * 1024, "10.0 KiB"],
    [1023.6 * 1024, "1.00 MiB"],
    [412.4 * 1024 ** 2, "412 MiB"],
    [1.5 * 1024 ** 3, "1.50 GiB"],
    [99.96 * 1024 ** 3, "100 GiB"],
    [9.996 * 1024 ** 3, "10.0 GiB"],
    [2048 * 1024 ** 5, "2048 PiB"],
    [-3, "0 B"],
  ])("writes %d as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it("does not invent a number for what was not measured", () => {
    expect(formatBytes(Number.NaN)).toBe("–");
    expect(formatRate(Number.POSITIVE_INFINITY)).toBe("–");
  });
});

describe("formatLimit", () => {
  it.each([
    [16 * 1024 ** 3, "16 GiB"],
    [1.5 * 1024 ** 3, "1.5 GiB"],
    [512 * 1024 ** 2, "512 MiB"],
    [100 * 1024 ** 3, "100 GiB"],
    [20 * 1024 ** 3, "20 GiB"],
  ])("writes %d as %s", (bytes, text) => expect(formatLimit(bytes)).toBe(text));
});

it("keeps two decimals of cores below ten", () => {
  expect([0, 0.004, 0.071, 1.25, 9.994, 12.54, Number.NaN].map(formatCores)).toEqual([
    "0.00",
    "0.00",
    "0.07",
    "1.25",
    "9.99",
    "12.5",
    "–",
  ]);
});

it.each([
  [0, "about an hour"],
  [20 * 3_600_000, "about 20 hours"],
  [47.4 * 3_600_000, "about 47 hours"],
  [12.4 * 86_400_000, "about 12 days"],
])("writes %d ms ahead as %s", (milliseconds, text) => expect(formatAhead(milliseconds)).toBe(text));

it("gives no share of a limit that is not set", () => {
  expect(shareOf(3, 0)).toBeNaN();
  expect(formatShare(shareOf(3, 0))).toBe("–");
  expect(formatShare(shareOf(1, 3))).toBe("33 %");
});
