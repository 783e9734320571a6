/** What the lab is doing right now, for whoever shows it. */
export interface Progress {
  /** Machine-readable name of the part: "packages", "template", "namespace", "proxmox", … */
  part: string;
  /** One line for people. */
  message: string;
  /** Milliseconds that the part took; only when it has ended. */
  tookMs?: number;
}

export type OnProgress = (progress: Progress) => void;

/** Runs one part of the work, reports its begin and its end, and keeps the time it took. */
export class PartTimer {
  readonly timings: Record<string, number> = {};
  readonly #onProgress: OnProgress;

  constructor(onProgress: OnProgress) {
    this.#onProgress = onProgress;
  }

  async run<Result>(part: string, message: string, action: () => Promise<Result>): Promise<Result> {
    this.#onProgress({ part, message });
    const begin = performance.now();
    const result = await action();
    const tookMs = Math.round(performance.now() - begin);
    this.timings[part] = tookMs;
    this.#onProgress({ part, message, tookMs });
    return result;
  }

  /** A line about the part that is running. */
  note(part: string, message: string): void {
    this.#onProgress({ part, message });
  }
}
