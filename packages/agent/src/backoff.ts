/** Waits that double up to a limit, with jitter so that many agents do not come back in step. */
export interface BackoffOptions {
  firstMilliseconds: number;
  lastMilliseconds: number;
  random?: () => number;
}

export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #attempts = 0;

  constructor(options: BackoffOptions) {
    this.#options = { random: Math.random, ...options };
  }

  get attempts(): number {
    return this.#attempts;
  }

  /** Milliseconds to wait now: between half and the whole of the doubled wait. */
  next(): number {
    const { firstMilliseconds, lastMilliseconds, random } = this.#options;
    const whole = Math.min(lastMilliseconds, firstMilliseconds * 2 ** this.#attempts);
    this.#attempts = Math.min(this.#attempts + 1, 30);
    return Math.round(whole / 2 + (whole / 2) * random());
  }

  reset(): void {
    this.#attempts = 0;
  }
}
