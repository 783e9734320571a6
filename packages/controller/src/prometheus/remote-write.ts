/** Sends the series of each moment to whoever takes remote write. What is not taken waits, as far as there is room. */
import { setTimeout as elapse } from "node:timers/promises";
import { BerthError } from "@berth/shared/errors";
import type { PostAnswer } from "../outbound/post.ts";
import type { SeriesValue } from "./series.ts";

export interface RemoteWriteTarget {
  intervalSeconds: number;
  /** Throws a BerthError when nobody answers, or when the address is not known. */
  post: (body: Uint8Array, signal: AbortSignal) => Promise<PostAnswer>;
}

export interface RemoteWriteDependencies {
  /** null: the fleet asks for none. */
  target: () => RemoteWriteTarget | null;
  values: () => Promise<SeriesValue[]>;
  encode: (values: readonly SeriesValue[], at: number) => Uint8Array;
  /** Told once when it begins to fail, and when it works again (null). */
  onChange: (problem: string | null) => Promise<void> | void;
  clock?: { now: () => number };
}

/** How long a fleet without it is left alone. */
const idleSeconds = 15;
/** Ten minutes of the largest fleet are beyond it: what came first goes. */
const mostBytes = 16 * 1024 ** 2;
/** Receivers refuse what is much older than what they have. */
const mostMinutes = 60;

interface Waiting {
  at: number;
  body: Uint8Array;
}

export class RemoteWrite {
  readonly #dependencies: Required<RemoteWriteDependencies>;
  readonly #stopping = new AbortController();
  #waiting: Waiting[] = [];
  #problem: string | null = null;
  #work: Promise<void> | undefined;

  constructor(dependencies: RemoteWriteDependencies) {
    this.#dependencies = { clock: Date, ...dependencies };
  }

  start(): void {
    this.#work = this.#run();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const target = this.#dependencies.target();
      await this.turn(target);
      await elapse((target?.intervalSeconds ?? idleSeconds) * 1000, undefined, { signal, ref: false }).catch(
        () => undefined,
      );
    }
  }

  /** One moment: what is known now, after what still waits. */
  async turn(target: RemoteWriteTarget | null): Promise<void> {
    if (target === null) {
      this.#waiting = [];
      this.#problem = null;
      return;
    }
    try {
      const at = this.#dependencies.clock.now();
      this.#hold({ at, body: this.#dependencies.encode(await this.#dependencies.values(), at) });
      await this.#tell(await this.#send(target));
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      await this.#tell(error instanceof BerthError ? error.message : String(error));
    }
  }

  /** Gives why something was refused for good; throws when it waits. */
  async #send(target: RemoteWriteTarget): Promise<string | null> {
    let refusal: string | null = null;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.#stopping.signal.aborted) return refusal;
      const { status, isTaken, text } = await target.post(first.body, this.#stopping.signal);
      if (isAgain(status)) throw new BerthError("store.failed", text);
      this.#waiting.shift();
      if (!isTaken) refusal = text;
    }
    return refusal;
  }

  #hold(waiting: Waiting): void {
    this.#waiting.push(waiting);
    const oldest = waiting.at - mostMinutes * 60_000;
    let bytes = this.#waiting.reduce((sum, { body }) => sum + body.length, 0);
    while (this.#waiting.length > 1 && (bytes > mostBytes || (this.#waiting[0]?.at ?? 0) < oldest)) {
      bytes -= this.#waiting.shift()?.body.length ?? 0;
    }
  }

  async #tell(problem: string | null): Promise<void> {
    const isChange = (problem === null) !== (this.#problem === null);
    this.#problem = problem;
    if (isChange) await this.#dependencies.onChange(problem);
  }
}

/** Whether the same may be taken later: of the specification, 5xx and 429. */
function isAgain(status: number): boolean {
  return status >= 500 || status === 429;
}
