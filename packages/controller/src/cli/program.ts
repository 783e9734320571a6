/** From the table of contents and one loaded command to a commander program that parses, helps and suggests. */
import {
  Command as CommanderCommand,
  type CommanderError,
  InvalidArgumentError,
  Option as CommanderOption,
} from "commander";
import type { BerthError } from "@berth/shared/errors";
import { suggest } from "@berth/shared/fleet/suggest";
import type { Command, OptionDefinition } from "./define-command.ts";
import { usageError } from "./errors.ts";
import type { Style } from "./render/style.ts";
import type { FoundCommand } from "./find-command.ts";
import { type CommandEntry, commandTree, isGroup } from "./tree.ts";

export interface GlobalOptions {
  json: boolean;
  controller: string | undefined;
}

export interface ProgramOptions {
  version: string;
  stdout: { write: (text: string) => void; columns: number; style: Style };
  stderr: { write: (text: string) => void };
  /** The command to run, and its definition; undefined when the words name none. */
  found: FoundCommand | undefined;
  command: Command | undefined;
  execute: (command: Command, input: Record<string, unknown>, options: GlobalOptions) => Promise<void>;
}

export const globalOptions = [
  { flags: "--json", description: "Print one JSON document on stdout, and nothing else there" },
  {
    flags: "--controller <ADDRESS>",
    description: "Controller to speak to: https://HOST:PORT or unix:PATH (also BERTH_CONTROLLER)",
  },
] as const;

/** The program with the commands of every group, of which `command` alone has its arguments, options and action. */
export function createProgram(options: ProgramOptions): CommanderCommand {
  const program = new CommanderCommand("berth");
  // Settings are inherited by the commands that are made after them.
  program
    .exitOverride()
    .configureOutput({ writeOut: options.stdout.write, writeErr: options.stderr.write, outputError: () => undefined })
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(100, options.stdout.columns) })
    .helpOption("-h, --help", "Show help")
    .helpCommand("help [command]", "Show help for a command")
    .description("Controller and agents for an AI stack on Proxmox LXCs: one fleet file, one berth per tenant")
    .version(options.version, "-V, --version", "Show the version");
  for (const { flags, description } of globalOptions) program.option(flags, description);
  for (const [name, entry] of Object.entries(commandTree)) {
    if (isGroup(entry)) {
      const group = program.command(name).description(entry.summary).helpCommand(false);
      const { command, found } = options;
      if (entry.itself !== undefined && found?.entry === entry.itself && command !== undefined) {
        describe(group, entry.itself, command, options);
      }
      for (const [verb, commandEntry] of Object.entries(entry.commands)) {
        addCommand(group, [name, verb], commandEntry, options);
      }
    } else {
      addCommand(program, [name], entry, options);
    }
  }
  return program.addHelpText(
    "after",
    exampleLines([{ command: "berth apply fleet.yaml --plan", does: "show what would change" }]),
  );
}

/** A mistake that commander found, in our words: one sentence, and a hint with what was probably meant. */
export function explainUsage(error: CommanderError): BerthError {
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const written = /'([^']+)'/.exec(first)?.[1] ?? "";
  // commander takes words for similar that merely share letters: 'bogus' and 'logs'.
  const similar = /\(Did you mean (?:one of )?(.+)\?\)/.exec(rest.join(" "))?.[1]?.split(", ") ?? [];
  const meant = suggest(written, similar);
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1).replace(/\.$/, "")}.`;
  return usageError(sentence, meant === undefined ? "Add --help to see what there is." : `Did you mean '${meant}'?`);
}

function addCommand(parent: CommanderCommand, words: string[], entry: CommandEntry, options: ProgramOptions): void {
  const commander = parent
    .command(words.at(-1) ?? "")
    .summary(entry.summary)
    .description(`${entry.summary}.`);
  const isAskedFor = options.found?.entry === entry;
  if (isAskedFor && options.command !== undefined) describe(commander, entry, options.command, options);
}

function describe(commander: CommanderCommand, entry: CommandEntry, command: Command, options: ProgramOptions): void {
  if (command.details !== undefined) commander.description(`${entry.summary}.\n\n${command.details}`);
  for (const [name, definition] of Object.entries(command.arguments)) {
    const text = `${name.toUpperCase()}${definition.variadic ? "..." : ""}`;
    commander.argument(definition.optional ? `[${text}]` : `<${text}>`, definition.description);
  }
  for (const [name, definition] of Object.entries(command.options)) {
    commander.addOption(commanderOption(name, definition));
  }
  commander.addHelpText("after", exampleLines(command.examples));
  commander.action(async () => {
    const { json, controller } = commander.optsWithGlobals<{ json?: true; controller?: string }>();
    const input: Record<string, unknown> = {};
    for (const [index, name] of Object.keys(command.arguments).entries()) input[name] = commander.processedArgs[index];
    for (const [name, definition] of Object.entries(command.options)) {
      // commander keeps `--no-backup-first` as a `backupFirst` that is false.
      const option = commanderOption(name, definition);
      const value: unknown = commander.getOptionValue(option.attributeName());
      input[name] = definition.kind === "flag" ? value === !option.negate : value;
    }
    await options.execute(command, input, { json: json === true, controller });
  });
}

/** `passwordFile` -> `--password-file <FILE>` */
export function optionFlags(name: string, definition: OptionDefinition): string {
  const long = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const short = definition.short === undefined ? "" : `-${definition.short}, `;
  return definition.kind === "flag" ? `${short}${long}` : `${short}${long} <${definition.value}>`;
}

function commanderOption(name: string, definition: OptionDefinition): CommanderOption {
  const option = new CommanderOption(optionFlags(name, definition), definition.description);
  if (definition.kind === "flag") return option;
  if (definition.default !== undefined) option.default(definition.default);
  if (definition.kind === "integer") {
    return option.argParser((text) => parseInteger(text, definition.minimum, definition.maximum));
  }
  if (definition.kind === "choice") option.choices([...definition.choices]);
  return option.makeOptionMandatory(definition.required === true);
}

function parseInteger(text: string, minimum: number, maximum: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= minimum && number <= maximum) return number;
  throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
}

function exampleLines(examples: Command["examples"]): string {
  const lines = examples.flatMap(({ command, does }) => [`  # ${does}`, `  $ ${command}`]);
  return `\nExamples:\n${lines.join("\n")}`;
}
