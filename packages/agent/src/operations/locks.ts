/** One holder per resource at a time; the others wait their turn, in order, no longer than their signal lets them. */
export class ResourceLocks {
  readonly #tails = new Map<string, Promise<void>>();

  held(resource: string): boolean {
    return this.#tails.has(resource);
  }

  async run<T>(resource: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(resource) ?? Promise.resolve();
    const { promise: done, resolve: release } = Promise.withResolvers<void>();
    const tail = before.then(() => done);
    this.#tails.set(resource, tail);
    try {
      await abortable(before, signal);
      signal.throwIfAborted();
      return await work();
    } finally {
      release();
      if (this.#tails.get(resource) === tail) this.#tails.delete(resource);
    }
  }
}

/** The promise, or the signal's reason when that comes first. */
async function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
