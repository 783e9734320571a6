import type { Sampling } from "./types.ts";

/** While nobody looks: every second is measured, and sent in larger batches. */
const atRest: Sampling = { intervalSeconds: 1, batchSeconds: 5 };

/** How often samples are wanted: of one node, or of every node that has no wish of its own. */
export class SamplingWishes {
  readonly #nodes = new Map<string, Sampling>();
  #others = atRest;

  of(node: string): Sampling {
    return this.#nodes.get(node) ?? this.#others;
  }

  set(node: string | null, sampling: Sampling): void {
    if (node === null) this.#others = sampling;
    else this.#nodes.set(node, sampling);
  }

  forget(node: string): void {
    this.#nodes.delete(node);
  }
}
