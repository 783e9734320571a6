/** Whether the Docker engine is there, as its stream of events tells (watch.ts): it breaks when the engine ends. */
export class EnginePresence {
  #since: number | null = null;
  #losses = 0;

  /** The stream is open. `at`: milliseconds since the epoch. */
  onRunning(at: number = Date.now()): void {
    this.#since = at;
  }

  /** The stream has ended. */
  onUnreachable(): void {
    this.#since = null;
    this.#losses += 1;
  }

  get isThere(): boolean {
    return this.#since !== null;
  }

  /** How often the engine was lost until now; for `lostSince`. */
  get losses(): number {
    return this.#losses;
  }

  lostSince(losses: number): boolean {
    return this.#losses !== losses;
  }

  /**
   * Whether something that Docker started at that time (ISO 8601; null: never) may have been ended by the end of its
   * engine: an engine that starts stops the containers that its killed predecessor has left, some of them seconds later,
   * and does not start these again. What was started since ends by itself.
   */
  mayHaveEnded(startedAt: string | null): boolean {
    return this.#since === null || startedAt === null || Date.parse(startedAt) < this.#since;
  }
}
