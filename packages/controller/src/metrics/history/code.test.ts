import fc from "fast-check";
import { expect, it } from "vitest";
import { fromCode, noiseOf, relativePrecision, toCode } from "./code.ts";

const amount = fc.double({ min: 1e-9, max: 2 ** 60, noNaN: true });

it("keeps every value to the stated share of it", () => {
  fc.assert(
    fc.property(amount, (value) => {
      expect(Math.abs(fromCode(toCode(value, 0)) - value)).toBeLessThanOrEqual(value * relativePrecision);
    }),
  );
});

it("grows with the value, so that a maximum stays above its average", () => {
  fc.assert(
    fc.property(amount, amount, (one, other) => {
      expect(toCode(Math.max(one, other), 0)).toBeGreaterThanOrEqual(toCode(Math.min(one, other), 0));
    }),
  );
});

it.each([0, 1, 2, 100, 4095, 4096, 512 * 1024 ** 2, 1.5 * 1024 ** 3, 16 * 1024 ** 3])("keeps %d exactly", (value) => {
  expect(fromCode(toCode(value, 0))).toBe(value);
});

it("reads a code as the floating point number whose upper bits it is", () => {
  const number = new DataView(new ArrayBuffer(8));
  fc.assert(
    fc.property(fc.integer({ min: 2 ** 11 + 1, max: 2 ** 22 - 2 ** 11 }), (code) => {
      number.setUint32(0, (code - 1) << 9);
      expect(fromCode(code)).toBe(number.getFloat64(0));
    }),
  );
});

it("keeps nothing for what was not measured", () => {
  expect([Number.NaN, Number.POSITIVE_INFINITY].map((value) => fromCode(toCode(value, 0)))).toEqual([NaN, NaN]);
});

it("keeps an idle CPU to half a thousandth of a core", () => {
  const noise = noiseOf("cpuCores");
  expect(fromCode(toCode(0.001_13, noise))).toBeCloseTo(0.001, 5);
  expect(fromCode(toCode(0.0001, noise))).toBe(0);
  expect(noiseOf("processes")).toBe(0);
});
