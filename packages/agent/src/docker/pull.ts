/** Docker's pull stream as a few readable lines: a pull of twenty layers sends hundreds of messages a second. */
import { BerthError } from "@berth/shared/errors";
import { z } from "zod";
import type { PullProgress } from "./engine.ts";
import { dockerError } from "./errors.ts";

const pullMessageSchema = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
});

interface Layer {
  current: number;
  total: number;
  done: boolean;
}

const intervalMilliseconds = 1000;

/** Follows one pull; `report` gets at most one line a second, and one for each change of the whole. */
export class PullTracker {
  readonly #reference: string;
  readonly #report: (progress: PullProgress) => void;
  readonly #now: () => number;
  readonly #layers = new Map<string, Layer>();
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(reference: string, report: (progress: PullProgress) => void, now: () => number = Date.now) {
    this.#reference = reference;
    this.#report = report;
    this.#now = now;
  }

  /** Takes one line of Docker's stream; throws what Docker reports as an error. */
  receive(line: string): void {
    const message = pullMessageSchema.parse(JSON.parse(line));
    if (message.error !== undefined) throw pullError(this.#reference, message.error);
    if (message.id === undefined || message.status === undefined) return;
    this.#track(message.id, message.status, message.progressDetail);
    if (this.#now() - this.#reportedAt >= intervalMilliseconds) this.#send();
  }

  #track(id: string, status: string, detail: { current?: number | undefined; total?: number | undefined } = {}): void {
    if (status.startsWith("Pulling from")) return;
    const layer = this.#layers.get(id) ?? { current: 0, total: 0, done: false };
    if (status === "Downloading") {
      layer.current = detail.current ?? layer.current;
      layer.total = detail.total ?? layer.total;
    }
    if (status === "Pull complete" || status === "Already exists") {
      layer.done = true;
      layer.current = layer.total;
    }
    this.#layers.set(id, layer);
  }

  #send(): void {
    if (this.#layers.size === 0) return;
    this.#reportedAt = this.#now();
    let current = 0;
    let total = 0;
    let done = 0;
    for (const layer of this.#layers.values()) {
      current += layer.current;
      total += layer.total;
      if (layer.done) done += 1;
    }
    const megabytes = `${(current / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
    const line = `pulling ${this.#reference}: ${done} of ${this.#layers.size} layers, ${megabytes}`;
    this.#report(total > 0 ? { line, fraction: Math.min(1, current / total) } : { line });
  }
}

/** Docker's reason in the words of the catalogue. */
export function pullError(reference: string, reason: unknown): BerthError {
  const error = dockerError(reason instanceof Error ? reason : new Error(String(reason)), `pull ${reference}`);
  if (error.code === "disk.full") return error;
  return new BerthError("image.unavailable", error.message, {
    hint: "Check the image's name and tag, that the node reaches the registry, and that it trusts its certificate.",
    cause: error,
  });
}
