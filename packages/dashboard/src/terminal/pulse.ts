/**
 * Whether the other end is still there. Judged by questions without an answer and not by silence: in a hidden tab time
 * is only looked at once a minute, and a shell may say nothing for hours.
 */

/** Who does not answer, and for how long. */
export interface Quiet {
  who: "controller" | "node";
  seconds: number;
}

export interface Look {
  /** The controller is to be asked. */
  ask: boolean;
  quiet: Quiet | undefined;
  lost: boolean;
}

const askEveryMilliseconds = 4_000;
const quietMilliseconds = 3_000;
export const lostMilliseconds = 15_000;
/** An agent is asked every ten seconds when it says nothing by itself. */
const nodeQuietSeconds = 12;

export class Pulse {
  #askedAt: number | undefined;
  #heardAt: number;
  #nodeSilentSeconds = 0;

  constructor(now: number) {
    this.#heardAt = now;
  }

  /** Something came from the controller. */
  heard(now: number): void {
    this.#askedAt = undefined;
    this.#heardAt = now;
  }

  answered(now: number, nodeSilentSeconds: number): void {
    this.heard(now);
    this.#nodeSilentSeconds = nodeSilentSeconds;
  }

  look(now: number): Look {
    const ask = this.#askedAt === undefined && now - this.#heardAt >= askEveryMilliseconds;
    if (ask) this.#askedAt = now;
    const waited = this.#askedAt === undefined ? 0 : now - this.#askedAt;
    return { ask, quiet: this.#quiet(waited), lost: waited >= lostMilliseconds };
  }

  #quiet(waited: number): Quiet | undefined {
    if (waited >= quietMilliseconds) return { who: "controller", seconds: Math.round(waited / 1000) };
    if (this.#nodeSilentSeconds < nodeQuietSeconds) return undefined;
    return { who: "node", seconds: Math.round(this.#nodeSilentSeconds) };
  }
}
