/** The CLI as a function: words in, exit code out. One place for parsing, --json, the client and errors. */
import { CommanderError } from "commander";
import { BerthError, toBerthError } from "@berth/shared/errors";
import packageJson from "../../package.json" with { type: "json" };
import type { Client } from "./client/client.ts";
import type { Command, CommandContext } from "./define-command.ts";
import { FleetProblemsError } from "./errors.ts";
import { createProgram, explainUsage, type GlobalOptions } from "./program.ts";
import { errorLines, exitCodeOf } from "./render/error.ts";
import { createStyle } from "./render/style.ts";
import { screenSize, type Terminal, wantsColour, writeLines } from "./terminal.ts";
import { findCommand } from "./find-command.ts";

/** Exit code of help that was shown because no command was named. */
const usage = 2;

/** What the shells' completion scripts call; not for people, so help does not list it. */
const completionCommand = "__complete";

/** Runs `berth <words>`. Errors end on stderr; nothing is thrown. */
export async function runCli(words: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  try {
    if (words[0] === completionCommand) {
      const { runCompletion } = await import("./completion/run.ts");
      await runCompletion(words.slice(1), terminal);
      return 0;
    }
    const found = findCommand(words);
    const command = (await found?.entry.load())?.default;
    const program = createProgram({
      version: packageJson.version,
      stdout: {
        write: (text) => terminal.stdout.write(text),
        columns: screenSize(terminal.stdout).columns,
        style: createStyle(wantsColour(terminal.stdout, terminal.environment)),
      },
      stderr: { write: (text) => terminal.stderr.write(text) },
      found,
      command,
      async execute(asked, input, options) {
        exitCode = await executeCommand(asked, input, options, terminal);
      },
    });
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === "commander.help") return usage;
    return reportError(
      error instanceof CommanderError ? explainUsage(error) : toBerthError(error),
      terminal,
      words.includes("--json"),
    );
  }
}

async function executeCommand(
  command: Command,
  input: Record<string, unknown>,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  let exitCode: number | undefined;
  const context = createContext(options, terminal, (code) => {
    exitCode = code;
  });
  const execution = await command.execute(input, context);
  if (execution.result !== undefined && options.json) {
    terminal.stdout.write(`${JSON.stringify(execution.result)}\n`);
  } else {
    const { columns } = screenSize(terminal.stdout);
    const fit = terminal.stdout.isTTY === true ? columns : Infinity;
    writeLines(terminal.stdout, execution.lines({ style: context.style, columns, fit, now: terminal.now() }));
  }
  if (execution.failure !== undefined) throw execution.failure;
  return exitCode ?? 0;
}

function createContext(
  { json, controller }: GlobalOptions,
  terminal: Terminal,
  endWith: (exitCode: number) => void,
): CommandContext {
  let client: Promise<Client> | undefined;
  return {
    terminal,
    json,
    controller,
    style: createStyle(wantsColour(terminal.stdout, terminal.environment)),
    messageStyle: createStyle(wantsColour(terminal.stderr, terminal.environment)),
    client() {
      client ??= import("./client/connect.ts").then(({ connectClient }) =>
        connectClient({ controller, environment: terminal.environment, raw: json }),
      );
      return client;
    },
    note: (...lines) => writeLines(terminal.stderr, lines),
    endWith,
  };
}

async function reportError(error: BerthError, terminal: Terminal, json: boolean): Promise<number> {
  const style = createStyle(wantsColour(terminal.stderr, terminal.environment));
  const problems = error instanceof FleetProblemsError ? error.problems : [];
  if (json) {
    const body = problems.length === 0 ? error.toBody() : { ...error.toBody(), problems };
    writeLines(terminal.stderr, [JSON.stringify({ error: body })]);
    return exitCodeOf(error);
  }
  if (error instanceof FleetProblemsError) {
    const { problemLines } = await import("./render/problem.ts");
    writeLines(terminal.stderr, problemLines(error.problems, error.texts, style));
  }
  writeLines(terminal.stderr, errorLines(error, style));
  return exitCodeOf(error);
}
