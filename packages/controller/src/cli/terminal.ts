/** The outside world of a command: everything it reads from or writes to, so that tests can stand in for it. */
import type { Readable, Writable } from "node:stream";

export type InputStream = Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown };
export type OutputStream = Writable & { isTTY?: boolean; columns?: number; rows?: number };

export interface Terminal {
  stdin: InputStream;
  stdout: OutputStream;
  stderr: OutputStream;
  environment: Readonly<Record<string, string | undefined>>;
  /** Calls `listener` on Ctrl-C in place of ending the process; the returned function takes it back. */
  onInterrupt(listener: () => void): () => void;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The terminal of this process. A reader that has gone away (`berth run list | head -1`) ends it quietly. */
export function processTerminal(): Terminal {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    onInterrupt(listener) {
      process.on("SIGINT", listener);
      return () => process.off("SIGINT", listener);
    },
    now: Date.now,
  };
}

/** Whether both ends are a person's: questions may be asked and progress may be drawn. */
export function isInteractive(terminal: Terminal): boolean {
  return terminal.stdin.isTTY === true && terminal.stderr.isTTY === true;
}

/** Size of the terminal; where it is unknown (files, and terminals that say 0), what most programs take. */
export function screenSize({ columns, rows }: OutputStream): { columns: number; rows: number } {
  return { columns: columns || 80, rows: rows || 24 };
}

/** Environment variables that say more about the terminal than the stream does: https://no-color.org, FORCE_COLOR. */
export function wantsColour(stream: OutputStream, environment: Terminal["environment"]): boolean {
  if (environment["NO_COLOR"] !== undefined && environment["NO_COLOR"] !== "") return false;
  const forced = environment["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return stream.isTTY === true && environment["TERM"] !== "dumb";
}

export function writeLines(stream: OutputStream, lines: readonly string[]): void {
  if (lines.length > 0) stream.write(`${lines.join("\n")}\n`);
}
