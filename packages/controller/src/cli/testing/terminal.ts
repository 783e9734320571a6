/** A terminal that remembers what was written on it. */
import { PassThrough } from "node:stream";
import { runCli } from "../main.ts";
import type { Terminal } from "../terminal.ts";

export interface TestTerminal extends Terminal {
  stdin: PassThrough & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown };
  written: { stdout: string; stderr: string };
  /** As Ctrl-C does. */
  interrupt: () => void;
}

export interface TestTerminalOptions {
  environment?: Record<string, string>;
  /** All of stdin; left out: stdin stays open. */
  input?: string;
  tty?: boolean;
  now?: number;
}

export const testTime = Date.parse("2026-11-24T06:31:12.000Z");

export function createTestTerminal({
  environment,
  input,
  tty = false,
  now = testTime,
}: TestTerminalOptions = {}): TestTerminal {
  const written = { stdout: "", stderr: "" };
  const output = (name: "stdout" | "stderr"): PassThrough & { isTTY: boolean; columns: number; rows: number } => {
    const stream = new PassThrough();
    stream.on("data", (chunk: Buffer) => {
      written[name] += chunk.toString("utf8");
    });
    return Object.assign(stream, { isTTY: tty, columns: 100, rows: 30 });
  };
  const stdin = Object.assign(new PassThrough(), { isTTY: tty, setRawMode: () => undefined });
  if (input !== undefined) stdin.end(input);
  const listeners = new Set<() => void>();
  return {
    stdin,
    stdout: output("stdout"),
    stderr: output("stderr"),
    environment: { NO_COLOR: "1", XDG_CONFIG_HOME: "/nonexistent", ...environment },
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    now: () => now,
    written,
    interrupt() {
      for (const listener of listeners) listener();
    },
  };
}

export interface CliOutcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs one command to its end. */
export async function runInTest(
  words: readonly string[],
  terminal: TestTerminal = createTestTerminal(),
): Promise<CliOutcome> {
  const exitCode = await runCli(words, terminal);
  return { exitCode, ...terminal.written };
}
