/** For how long the clock has gone as time does: what is removed by its age must not be removed by a jump. */
const toleranceMilliseconds = 60_000;

export class SteadyClock {
  readonly #clock: { now: () => number };
  readonly #elapsed: () => number;
  #since: number;
  #offset: number;

  constructor(clock: { now: () => number }, elapsed: () => number) {
    this.#clock = clock;
    this.#elapsed = elapsed;
    this.#since = elapsed();
    this.#offset = clock.now() - elapsed();
  }

  /** Looks whether it has jumped since the last look. */
  look(): void {
    const offset = this.#clock.now() - this.#elapsed();
    if (Math.abs(offset - this.#offset) > toleranceMilliseconds) this.#since = this.#elapsed();
    this.#offset = offset;
  }

  /** Since the start, or since the last jump. */
  forMilliseconds(): number {
    this.look();
    return this.#elapsed() - this.#since;
  }
}
