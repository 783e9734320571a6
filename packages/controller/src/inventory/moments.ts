/** Moments as columns hold them. */

const lastMoment = 8.64e15;

/** A node's clock may say anything: what no date can hold becomes the nearest that one can. */
export function iso(milliseconds: number): string {
  return new Date(Math.max(-lastMoment, Math.min(lastMoment, milliseconds))).toISOString();
}
