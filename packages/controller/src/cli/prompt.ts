/** Questions to a person at a terminal. Asked on stderr: stdout is for results. */
import { createInterface } from "node:readline/promises";
import { text as readAll } from "node:stream/consumers";
import { givenKeySchema } from "@berth/shared/api/tenants";
import { BerthError } from "@berth/shared/errors";
import { Secret } from "@berth/shared/secret";
import { usageError } from "./errors.ts";
import { readTextFile } from "./fleet-file.ts";
import { isInteractive, type Terminal } from "./terminal.ts";

const backspace = new Set(["\b", "\u007f"]);
const enter = new Set(["\r", "\n"]);
const endOfInput = "\u0004";
const interrupt = "\u0003";

export async function ask(terminal: Terminal, question: string): Promise<string> {
  const reader = createInterface({ input: terminal.stdin, output: terminal.stderr });
  const interrupted = new AbortController();
  reader.once("SIGINT", () => interrupted.abort());
  try {
    return await reader.question(question, { signal: interrupted.signal });
  } catch (error) {
    throw interrupted.signal.aborted ? cancelled() : error;
  } finally {
    reader.close();
  }
}

/** True only for an explicit yes. */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  const answer = await ask(terminal, `${question} [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}

/** Reads a line that is not shown. */
export async function askSecret(terminal: Terminal, question: string): Promise<string> {
  const { stdin, stderr } = terminal;
  stderr.write(question);
  stdin.setRawMode?.(true);
  stdin.setEncoding("utf8");
  try {
    return await readHidden(terminal);
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    stderr.write("\n");
  }
}

function readHidden({ stdin }: Terminal): Promise<string> {
  return new Promise((resolve, reject) => {
    let secret = "";
    const finish = (settle: () => void): void => {
      stdin.off("data", onData);
      stdin.off("end", onEnd);
      settle();
    };
    const onEnd = (): void => finish(() => reject(cancelled()));
    const onData = (chunk: string | Buffer): void => {
      for (const character of String(chunk)) {
        if (character === interrupt || character === endOfInput) return onEnd();
        if (enter.has(character)) return finish(() => resolve(secret));
        secret = backspace.has(character) ? secret.slice(0, -1) : secret + character;
      }
    };
    stdin.on("data", onData);
    stdin.on("end", onEnd);
    // An earlier question has paused it.
    stdin.resume();
  });
}

/** A password from a file, from stdin (`-`), or asked for. Never from an argument: those show in process lists. */
export async function readPassword(terminal: Terminal, file: string | undefined, question: string): Promise<string> {
  return readSecret(terminal, file, question, { what: "password", option: "--password-file" });
}

/** A key, in the same ways. Throws `request.invalid` for what cannot be one. */
export async function readKey(terminal: Terminal, file: string | undefined, question: string): Promise<string> {
  const key = await readSecret(terminal, file, question, { what: "key", option: "--file" });
  const checked = givenKeySchema.safeParse(key);
  if (checked.success) return checked.data;
  // What was given is not repeated: it may be a key with one character too many.
  throw usageError(`The key ${checked.error.issues[0]?.message ?? "is not one"}.`, "Nothing was changed.");
}

/** The value of a secret, in the same ways; the controller says what it cannot be. */
export async function readSecretValue(terminal: Terminal, file: string | undefined, question: string): Promise<string> {
  return readSecret(terminal, file, question, { what: "value", option: "--from-file" });
}

/** The recovery key, in the same ways; of a file as `berth controller recovery-key` prints it, its comments do not count. */
export async function readRecoveryKey(terminal: Terminal, file: string | undefined): Promise<Secret> {
  const options = { what: "recovery key", option: "--recovery-key-file" };
  const text = await readSecret(terminal, file, "Recovery key (AGE-SECRET-KEY-1…): ", options);
  const lines = text.split("\n").map((line) => line.trim());
  return new Secret(lines.find((line) => line !== "" && !line.startsWith("#")) ?? "");
}

async function readSecret(
  terminal: Terminal,
  file: string | undefined,
  question: string,
  { what, option }: { what: string; option: string },
): Promise<string> {
  if (file === "-") return withoutLineBreak(await readAll(terminal.stdin));
  if (file !== undefined) return withoutLineBreak(await readTextFile(file, terminal));
  if (!isInteractive(terminal)) {
    throw usageError(`There is no terminal to ask for the ${what} on.`, `Give it with ${option} FILE, or - for stdin.`);
  }
  return askSecret(terminal, question);
}

function withoutLineBreak(text: string): string {
  return text.replace(/\r?\n$/, "");
}

function cancelled(): BerthError {
  return new BerthError("cancelled", "Nothing was done: the question was not answered.");
}
