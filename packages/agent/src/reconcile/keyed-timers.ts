/** At most one timer per key; setting one again moves it, setting it later than it stands does not. */
export class KeyedTimers {
  readonly #timers = new Map<string, { timer: NodeJS.Timeout; at: number }>();

  set(key: string, milliseconds: number, work: () => void): void {
    const at = performance.now() + milliseconds;
    const known = this.#timers.get(key);
    if (known !== undefined) {
      if (known.at <= at) return;
      clearTimeout(known.timer);
    }
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      work();
    }, milliseconds);
    this.#timers.set(key, { timer, at });
  }

  clear(): void {
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
