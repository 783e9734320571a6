/** What is worth telling of a pull that reports several times a second, layer by layer. */
import type { ProgressResponse } from "ollama";

/** Steps in which a pull is told of. */
const stepPercent = 10;

export class PullProgress {
  readonly #model: string;
  readonly #layers = new Map<string, { total: number; completed: number }>();
  #told = 0;
  #phase = "";

  constructor(model: string) {
    this.#model = model;
  }

  /** A line when there is something new, with how much of the model is there, 0 to 1. */
  next(
    message: Pick<ProgressResponse, "status"> & Partial<ProgressResponse>,
  ): { line: string; fraction: number } | undefined {
    const { status, digest, total, completed } = message;
    if (digest === undefined || total === undefined) return this.#nextPhase(status);
    this.#layers.set(digest, { total, completed: completed ?? 0 });
    const sum = this.#sum();
    const percent = Math.floor((100 * sum.completed) / Math.max(sum.total, 1));
    if (percent < this.#told + stepPercent) return undefined;
    this.#told = percent - (percent % stepPercent);
    return {
      line: `pulling ${this.#model}: ${percent} % of ${(sum.total / 1e9).toFixed(1)} GB`,
      fraction: percent / 100,
    };
  }

  #nextPhase(status: string): { line: string; fraction: number } | undefined {
    // The phases before the layers are short, and "success" is told by whoever pulls.
    if (this.#layers.size === 0 || status === this.#phase || status === "success") return undefined;
    this.#phase = status;
    return { line: `pulling ${this.#model}: ${status}`, fraction: this.#told / 100 };
  }

  #sum(): { total: number; completed: number } {
    let [total, completed] = [0, 0];
    for (const layer of this.#layers.values()) {
      total += layer.total;
      completed += layer.completed;
    }
    return { total, completed };
  }
}
