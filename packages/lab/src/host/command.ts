import { BerthError } from "@berth/shared/errors";
import { execa } from "execa";

/** A program and its arguments. Never a shell string. */
export type Argv = readonly [string, ...string[]];

export interface CommandOptions {
  /** Milliseconds after which the command is killed; 30 s unless told. */
  deadlineMs?: number;
  /** Text for standard input. Secrets go here, never in the arguments. */
  input?: string;
  /** Added to the environment of this process. */
  env?: Record<string, string>;
  cwd?: string;
  signal?: AbortSignal;
  /** Called with each line of standard output and standard error as it comes. */
  onLine?: (line: string) => void;
}

export interface CommandOutcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const defaultDeadlineMs = 30_000;

/** Runs a command to its end and returns what it said, whatever its exit code. Throws when it cannot start or overruns. */
export async function tryCommand(argv: Argv, options: CommandOptions = {}): Promise<CommandOutcome> {
  const deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
  const [file, ...parameters] = argv;
  const subprocess = execa(file, parameters, {
    timeout: deadlineMs,
    reject: false,
    all: true,
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  if (options.onLine !== undefined) {
    for await (const line of subprocess.iterable({ from: "all" })) options.onLine(line);
  }
  const result = await subprocess;
  if (result.timedOut) {
    throw new BerthError("deadline.exceeded", `${file} did not end within ${deadlineMs / 1000} s`, {
      hint: `Command: ${argv.join(" ")}`,
    });
  }
  if (result.exitCode === undefined) {
    throw new BerthError("lab.failed", `${file} could not be run: ${result.shortMessage ?? "it was killed"}`, {
      cause: result.cause,
    });
  }
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

/** Runs a command and returns its standard output. An exit code other than 0 is an error that quotes its last words. */
export async function runCommand(argv: Argv, options: CommandOptions = {}): Promise<string> {
  const outcome = await tryCommand(argv, options);
  if (outcome.exitCode === 0) return outcome.stdout;
  const lastWords = outcome.stderr.trim().split("\n").slice(-3).join("; ");
  throw new BerthError("lab.failed", `${argv[0]} ended with ${outcome.exitCode}: ${lastWords}`, {
    hint: `Command: ${argv.join(" ")}`,
  });
}
