/** Docker's pull stream as a few readable lines: a pull of twenty layers sends hundreds of messages a second. */
import { BerthError } from "@berth/shared/errors";
import * as z from "zod";
import type { PullProgress } from "./engine.ts";
import { dockerError, EngineAway } from "./errors.ts";

const pullMessageSchema = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).optional(),
});

interface Layer {
  /** Bytes; 0: not known yet. */
  size: number;
  downloaded: number;
  extracted: number;
  state: "downloading" | "downloaded" | "extracted";
}

/** Layers come down side by side and are unpacked one after the other: "extracting" once all of them are here. */
type Phase = "downloading" | "extracting";

const intervalMilliseconds = 1000;

/**
 * Follows one pull. `report` gets a line without a fraction as each phase begins and at the end, and between them at
 * most one a second, with a fraction that rises within its phase. No line comes twice.
 */
export class PullTracker {
  readonly #reference: string;
  readonly #report: (progress: PullProgress) => void;
  readonly #now: () => number;
  readonly #layers = new Map<string, Layer>();
  #phase: Phase | undefined;
  #fraction = 0;
  #line = "";
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
    this.#tell();
  }

  /** Docker has sent all and reported no error. */
  end(): void {
    this.#report({ line: `pulled ${this.#reference}: ${layersText(this.#layers.size)}` });
  }

  #track(id: string, status: string, detail: { current?: number | undefined; total?: number | undefined } = {}): void {
    if (status.startsWith("Pulling from")) return;
    const layer = this.#layers.get(id) ?? { size: 0, downloaded: 0, extracted: 0, state: "downloading" };
    this.#layers.set(id, layer);
    switch (status) {
      case "Downloading":
        layer.size = detail.total ?? layer.size;
        layer.downloaded = detail.current ?? layer.downloaded;
        break;
      case "Verifying Checksum":
      case "Download complete":
        layer.state = "downloaded";
        break;
      case "Extracting":
        layer.state = "downloaded";
        layer.size = detail.total ?? layer.size;
        layer.extracted = detail.current ?? layer.extracted;
        break;
      case "Pull complete":
      case "Already exists":
        layer.state = "extracted";
        break;
    }
  }

  #tell(): void {
    const phase = this.#phaseNow();
    if (phase === undefined) return;
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#fraction = 0;
      this.#send({ line: this.#describe(phase) });
    } else if (this.#now() - this.#reportedAt >= intervalMilliseconds) {
      this.#fraction = Math.max(this.#fraction, this.#fractionOf(phase));
      this.#send({ line: this.#describe(phase), fraction: this.#fraction });
    }
  }

  #send(progress: PullProgress): void {
    if (progress.line === this.#line) return;
    this.#reportedAt = this.#now();
    this.#line = progress.line;
    this.#report(progress);
  }

  /** Never back from "extracting"; undefined: the sizes are not known yet, or all layers were here before. */
  #phaseNow(): Phase | undefined {
    const layers = [...this.#layers.values()];
    if (!layers.some(({ size }) => size > 0)) return undefined;
    return this.#phase === "extracting" || layers.every(({ state }) => state !== "downloading")
      ? "extracting"
      : "downloading";
  }

  #describe(phase: Phase): string {
    const layers = [...this.#layers.values()];
    const done = layers.filter(({ state }) => state === "extracted").length;
    const { current, total } = this.#bytes(phase);
    const megabytes = `${(current / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
    return `${phase} ${this.#reference}: ${megabytes}, ${done} of ${layersText(layers.length)} done`;
  }

  /** Of the layers whose size is known. */
  #bytes(phase: Phase): { current: number; total: number } {
    let current = 0;
    let total = 0;
    for (const { size, downloaded, extracted, state } of this.#layers.values()) {
      total += size;
      if (state === "extracted" || (phase === "downloading" && state === "downloaded")) current += size;
      else current += phase === "downloading" ? downloaded : extracted;
    }
    return { current, total };
  }

  /** A layer of which nothing has come yet counts as much as those known do on average. */
  #fractionOf(phase: Phase): number {
    const { current, total } = this.#bytes(phase);
    const layers = [...this.#layers.values()];
    const known = layers.filter(({ size }) => size > 0).length;
    const unknown = layers.filter(({ size, state }) => size === 0 && state === "downloading").length;
    return Math.min(1, current / (total + (unknown * total) / known));
  }
}

function layersText(count: number): string {
  return count === 1 ? "1 layer" : `${count} layers`;
}

const nowhere = /manifest unknown|not found: manifest|repository does not exist|pull access denied|name unknown/i;

/** Docker's reason in the words of the catalogue. */
export function pullError(reference: string, reason: unknown): BerthError {
  const error = dockerError(reason instanceof Error ? reason : new Error(String(reason)), `pull ${reference}`);
  if (error.code === "disk.full" || error instanceof EngineAway) return error;
  if (nowhere.test(error.message)) {
    return new BerthError("image.not-found", error.message, {
      hint: "Check the image's name and tag; a private registry also answers so to whoever may not read it.",
      cause: error,
    });
  }
  return new BerthError("image.unavailable", error.message, {
    hint: "Check that the node reaches the registry, and that it trusts its certificate.",
    cause: error,
  });
}
