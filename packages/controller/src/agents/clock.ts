/** Milliseconds since the epoch. `Date` is one. */
export interface Clock {
  now(): number;
}
