/** Keeps looking whether the instance can use what it was given. */
import { setTimeout as pause } from "node:timers/promises";
import { type Connection, tryConnections } from "./connections.ts";
import type { Settings } from "./settings.ts";

const usedMilliseconds = 60_000;
/** While something is wrong, so that its mending shows soon. */
const failedMilliseconds = 5000;

export class Watch {
  readonly #settings: Settings;
  readonly #log: (line: string) => void;
  readonly #ending = new AbortController();
  #connections: readonly Connection[] | undefined;

  constructor(settings: Settings, log: (line: string) => void) {
    this.#settings = settings;
    this.#log = log;
  }

  /** undefined: not tried yet. */
  get connections(): readonly Connection[] | undefined {
    return this.#connections;
  }

  /** What refuses the instance; what is only out of reach for now is not its fault. */
  get refusals(): string[] {
    return (this.#connections ?? []).flatMap(({ name, failure, refused }) => (refused ? [`${name}: ${failure}`] : []));
  }

  async try(): Promise<readonly Connection[]> {
    const before = new Map(this.#connections?.map(({ name, failure }) => [name, failure]));
    const connections = await tryConnections(this.#settings);
    for (const { name, failure } of connections) {
      if (before.get(name) !== failure) this.#log(failure === null ? `Uses ${name}` : `Cannot use ${name}: ${failure}`);
    }
    this.#connections = connections;
    return connections;
  }

  /** Until `end`. */
  async run(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const connections = await this.try();
      const isUsed = connections.every(({ failure }) => failure === null);
      const options = { signal: this.#ending.signal, ref: false };
      await pause(isUsed ? usedMilliseconds : failedMilliseconds, undefined, options).catch(() => undefined);
    }
  }

  end(): void {
    this.#ending.abort();
  }
}
