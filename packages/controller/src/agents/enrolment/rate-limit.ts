import type { Clock } from "../clock.ts";

export interface RateLimitOptions {
  clock: Clock;
  /** How many at once, from rest. */
  burst: number;
  perMinute: number;
  /** Keys remembered; the one used longest ago is dropped first. */
  maxKeys?: number;
}

/** So many per minute and key. Its memory is bounded whatever keys come. */
export class RateLimit {
  readonly #options: Required<RateLimitOptions>;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(options: RateLimitOptions) {
    this.#options = { maxKeys: 10_000, ...options };
  }

  /** Whether one more is allowed, without using it up. */
  allows(key: string): boolean {
    return this.#left(key) >= 1;
  }

  /** Uses one up; false when none was left. */
  take(key: string): boolean {
    const left = this.#left(key);
    const allowed = left >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: allowed ? left - 1 : left, at: this.#options.clock.now() });
    this.#forgetOldest();
    return allowed;
  }

  #left(key: string): number {
    const bucket = this.#buckets.get(key);
    const { burst, perMinute, clock } = this.#options;
    if (bucket === undefined) return burst;
    const elapsed = Math.max(0, clock.now() - bucket.at);
    return Math.min(burst, bucket.left + (elapsed / 60_000) * perMinute);
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#options.maxKeys) return;
      this.#buckets.delete(key);
    }
  }
}
