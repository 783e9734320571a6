/**
 * How much of a stream may be under way that nobody has read yet. What is beyond it waits where it comes from: output
 * in the command's own pipe, input in that of whoever gives it. Without it, all of it would lie in somebody's memory, and
 * whoever interrupts a command that floods would wait for what stands in the sockets on the way.
 */
export class FlowWindow {
  #left: number;
  #wake: (() => void) | undefined;

  /** Left out: any amount. */
  constructor(bytes: number = Number.POSITIVE_INFINITY) {
    this.#left = bytes;
  }

  /** Resolves when there is room, for one piece of any size. Rejects with the signal's reason. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    while (this.#left <= 0) {
      signal.throwIfAborted();
      const { promise, resolve: wake } = Promise.withResolvers<void>();
      const resolve = (): void => wake();
      this.#wake = resolve;
      signal.addEventListener("abort", resolve, { once: true });
      await promise;
      signal.removeEventListener("abort", resolve);
    }
    this.#left -= bytes;
  }

  give(bytes: number): void {
    this.#left += bytes;
    this.#wake?.();
  }
}
