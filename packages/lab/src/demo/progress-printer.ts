import type { WriteStream } from "node:tty";
import type { Progress } from "../progress.ts";

/** One line when a part begins to take time, one when it has ended; details only where there is a terminal to rewrite. */
export class ProgressPrinter {
  readonly #out: Pick<WriteStream, "write" | "isTTY" | "columns">;

  constructor(out: Pick<WriteStream, "write" | "isTTY" | "columns">) {
    this.#out = out;
  }

  /** Bound, so that it can be handed over as it is. */
  readonly show = ({ part, message, tookMs }: Progress): void => {
    const line = `${part.padEnd(11)} ${message}`;
    if (tookMs !== undefined) this.#print(`${line}  ${formatSeconds(tookMs)}`, "\n");
    else if (this.#out.isTTY) this.#print(line, "");
  };

  #print(line: string, end: string): void {
    if (!this.#out.isTTY) this.#out.write(`${line}${end}`);
    else this.#out.write(`\r\u001B[2K${line.slice(0, Math.max(20, (this.#out.columns ?? 80) - 1))}${end}`);
  }
}

/** 0.4 s, 12 s, 3 min 05 s */
export function formatSeconds(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, "0")} s`;
}
