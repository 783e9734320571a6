/**
 * Numbers as the history keeps them: the upper bits of their floating point, as an integer that grows with the number.
 * Neighbouring values have neighbouring codes whatever the column measures, so that one packing serves all, also
 * columns that are yet to come.
 */

/** Bits of the fraction that are kept: a value is off by at most 0.025 %, and whole numbers up to 4096 are exact. */
const fractionBits = 11;
const dropped = 20 - fractionBits;
/** Most by which a value may depart from what was measured, as a share of it. */
export const relativePrecision = 2 ** -(fractionBits + 1);

/** What was not measured. */
const absent = 0;

const floating = new Float64Array(1);
const words = new Uint32Array(floating.buffer);
const upper = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Steps below which a column's differences are noise: of a CPU, 0.05 % of a core; of whatever counts bytes, one. */
export function noiseOf(column: string): number {
  if (column.endsWith("Cores") || column.endsWith("Pressure") || column === "cpuThrottled") return 0.0005;
  return column.includes("Bytes") ? 1 : 0;
}

/** From 0 (not measured) on; negative numbers do not occur, and count as 0. */
export function toCode(value: number, noise: number): number {
  if (!Number.isFinite(value)) return absent;
  const clean = noise > 0 ? Math.round(value / noise) * noise : value;
  if (clean <= 0) return 1;
  floating[0] = clean;
  return (((words[upper] ?? 0) + (1 << (dropped - 1))) >>> dropped) + 1;
}

/** What the fraction of a code is multiplied with, by its exponent. */
const scales = Float64Array.from({ length: 2 ** (31 - 20) }, (_, exponent) => 2 ** (exponent - 1023));
const fractionMask = 2 ** fractionBits - 1;
const fractionUnit = 2 ** -fractionBits;

/** NaN for what was not measured. A chart of a year asks for millions: a multiplication is what that costs least by. */
export function fromCode(code: number): number {
  if (code === absent) return Number.NaN;
  // Zero has no exponent; what else has none is too small to be told from it.
  if (code <= fractionMask + 1) return 0;
  const bits = code - 1;
  return (scales[bits >>> fractionBits] ?? Number.NaN) * (1 + (bits & fractionMask) * fractionUnit);
}
