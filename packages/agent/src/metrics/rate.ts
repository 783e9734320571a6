/** Counters that rise, as rates between two looks. */

/** Per second; 0 when the counter was reset (a container that started again counts from the beginning). */
export function rate(before: number, now: number, seconds: number): number {
  return seconds > 0 && now >= before ? (now - before) / seconds : 0;
}

/** Whole numbers for bytes, a tenth of a thousandth for cores: what more digits say is noise, and each is sent. */
export function rounded(value: number, digits = 0): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
