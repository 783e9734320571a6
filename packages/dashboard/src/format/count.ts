import { notMeasured } from "@berth/shared/metrics/units";

/** 1 -> "1 step", 3 -> "3 steps" */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A count that may be an average of several, as short as an axis has room for: 1204, "1.25 M". NaN is what nobody knows. */
export function formatAmount(count: number): string {
  if (!Number.isFinite(count)) return notMeasured;
  const rounded = Math.round(count);
  return rounded < 1e6 ? String(rounded) : `${Number((rounded / 1e6).toPrecision(3))} M`;
}
