export interface BudgetOptions {
  /** How much at once, from rest. */
  burst: number;
  perSecond: number;
}

/** How long a sender has to be held up, so that it stays within so much per second. Uses the monotonic clock. */
export class Budget {
  readonly #options: BudgetOptions;
  #left: number;
  #at = performance.now();

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#left = options.burst;
  }

  /** Takes `amount`; answers the milliseconds until what was taken too much has grown again, 0 when nothing was. */
  spend(amount: number): number {
    const now = performance.now();
    const { burst, perSecond } = this.#options;
    this.#left = Math.min(burst, this.#left + ((now - this.#at) / 1000) * perSecond) - amount;
    this.#at = now;
    return this.#left >= 0 ? 0 : Math.ceil((-this.#left / perSecond) * 1000);
  }
}
