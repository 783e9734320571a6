/** Words that every part of the hub uses. */

/** Milliseconds since the epoch. `Date` is one. */
export interface Clock {
  now(): number;
}
