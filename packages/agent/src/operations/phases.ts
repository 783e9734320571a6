/** Tells what an operation spends its time with. */
import {
  leastPhaseMilliseconds,
  longestTarget,
  mostPhases,
  type Phase,
  type PhaseName,
} from "@berth/shared/operations/phases";

/**
 * Does `work` as a phase of the operation; `target` is what of it concerns, or null. One within another interrupts it,
 * so that each moment belongs to one: two at the same time would be told wrongly.
 */
export type InPhase = <T>(name: PhaseName, target: string | null, work: () => Promise<T>) => Promise<T>;

/** Where nobody wants to know. */
export const untold: InPhase = (_name, _target, work) => work();

export class PhaseRecorder {
  readonly #now: () => number;
  readonly #over: Phase[] = [];
  #present: { name: PhaseName; target: string | null } | null = null;
  #since = 0;

  constructor(now: () => number = steadyClock()) {
    this.#now = now;
  }

  readonly phase: InPhase = async (name, target, work) => {
    const outer = this.#present;
    this.enter({ name, target });
    try {
      return await work();
    } finally {
      this.enter(outer);
    }
  };

  /** Ends the present phase; null: none follows. */
  enter(next: { name: PhaseName; target: string | null } | null): void {
    const now = this.#now();
    if (this.#present !== null) this.#keep(this.#present, now - this.#since);
    this.#present = next;
    this.#since = now;
  }

  /** Those that are over. */
  get phases(): readonly Phase[] {
    return this.#over;
  }

  #keep({ name, target }: { name: PhaseName; target: string | null }, milliseconds: number): void {
    if (milliseconds < leastPhaseMilliseconds || this.#over.length >= mostPhases) return;
    const of = target === null ? {} : { target: target.slice(0, longestTarget) };
    this.#over.push({ name, ...of, at: this.#since, milliseconds });
  }
}

/** Milliseconds since the epoch, as the clock is now: setting it meanwhile makes no phase longer or shorter. */
function steadyClock(): () => number {
  const began = Date.now() - performance.now();
  return () => Math.round(began + performance.now());
}
