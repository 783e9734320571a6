/** Child processes of a test, and waiting for what they do. */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { within } from "../deadline.ts";

export interface Running {
  child: ChildProcess;
  /** Everything it has written to stdout and stderr. */
  output: () => string;
  exited: Promise<number | null>;
  /** Sends the signal and waits until it has ended. */
  kill: (signal: NodeJS.Signals) => Promise<void>;
}

const exitMilliseconds = 30_000;

/** Its standard input is empty, unless it is a pipe that the test writes to. */
export function start(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  stdin: "ignore" | "pipe" = "ignore",
): Running {
  const [command, ...args] = argv;
  if (command === undefined) throw new TypeError("a command is needed");
  const child = spawn(command, args, { env: { ...process.env, ...environment }, stdio: [stdin, "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => {
      output += text;
    });
  }
  const { promise: exited, resolve } = Promise.withResolvers<number | null>();
  child.once("exit", resolve);
  return {
    child,
    output: () => output,
    exited,
    kill: async (signal) => {
      child.kill(signal);
      await within(exited, exitMilliseconds, `${command} to end after ${signal}`);
    },
  };
}

/** Asks again until there is an answer other than undefined, null or false. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | null | false | Promise<T | undefined | null | false>,
  milliseconds = 20_000,
): Promise<T> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${milliseconds / 1000} s for ${what}.`);
    await delay(25);
  }
}
