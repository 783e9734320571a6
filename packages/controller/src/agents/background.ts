import type { Logger } from "pino";

/** Work that nobody waits for: its failure is logged, and its end can be awaited before the store is closed. */
export class Background {
  readonly #logger: Logger;
  readonly #running = new Set<Promise<void>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  run(work: Promise<unknown>, failure: string, node?: string): void {
    const ended = work.then(
      () => undefined,
      (error: unknown) => this.#logger.error({ err: error, node }, failure),
    );
    this.#running.add(ended);
    void ended.then(() => this.#running.delete(ended));
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
