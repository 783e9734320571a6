/**
 * How far a node's clock is ahead of the controller's. `hello` says it; that one of them was set since is seen by the
 * samples, the newest of which are a few seconds old at most. What was kept while the controller was away is older, but
 * comes between others.
 */

/** No sample is of the future. */
const aheadMilliseconds = 2000;
/**
 * By more than this no batch is late as long as a window is. Less would do harm otherwise: what is older than 15 seconds
 * says nothing of now, for alerts and Prometheus.
 */
const behindMilliseconds = 10_000;
const windowMilliseconds = 20_000;

export class ClockSkew {
  readonly #elapsed: () => number;
  #milliseconds: number;
  #leastLag = Number.POSITIVE_INFINITY;
  #windowBegan: number;

  constructor(milliseconds: number, elapsed: () => number = () => performance.now()) {
    this.#milliseconds = milliseconds;
    this.#elapsed = elapsed;
    this.#windowBegan = elapsed();
  }

  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** Samples have come, the newest of which is of `at` by the node's clock; `now` by the controller's. */
  follow(at: number, now: number): void {
    const lag = now - (at - this.#milliseconds);
    this.#leastLag = Math.min(this.#leastLag, lag);
    if (lag < -aheadMilliseconds) this.#correct(lag);
    if (this.#elapsed() - this.#windowBegan < windowMilliseconds) return;
    if (this.#leastLag > behindMilliseconds) this.#correct(this.#leastLag);
    this.#beginWindow();
  }

  #correct(lag: number): void {
    this.#milliseconds -= lag;
    this.#beginWindow();
  }

  #beginWindow(): void {
    this.#leastLag = Number.POSITIVE_INFINITY;
    this.#windowBegan = this.#elapsed();
  }
}
