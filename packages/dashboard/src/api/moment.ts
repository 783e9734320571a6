/** A moment by both clocks: the steady one stands still while the machine sleeps, the other one may be set back. */
export interface Moment {
  steady: number;
  wall: number;
}

export function momentNow(): Moment {
  return { steady: performance.now(), wall: Date.now() };
}

/** By the clock that went further: what is thought older than it is is asked for anew, and no harm is done. */
export function millisecondsSince({ steady, wall }: Moment): number {
  return Math.max(performance.now() - steady, Date.now() - wall);
}
