/** What Tab offers: from the words typed so far and the command definitions to candidates. */
import type { Command, Completion, OptionDefinition } from "../define-command.ts";
import { globalOptions, optionFlags } from "../program.ts";
import { commandWords, findCommand } from "../find-command.ts";
import { commandTree, isGroup } from "../tree.ts";

export interface Candidate {
  value: string;
  description: string;
}
export interface Completions {
  candidates: Candidate[];
  /** The shell completes file names. */
  files: boolean;
}

/** Names that only the controller or the catalog knows. Never throws; quick or empty. */
export type NameLookup = (kind: Exclude<Completion, "file">) => Promise<Candidate[]>;

const nothing: Completions = { candidates: [], files: false };

/** `words`: those after `berth`, the last being the one under the cursor, perhaps empty. */
export async function complete(words: readonly string[], lookUp: NameLookup): Promise<Completions> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  if (before.includes("--")) return nothing;
  const found = findCommand(before);
  const command = (await found?.entry.load())?.default;
  const offered = await offer(before, current, command, found?.words ?? [], lookUp);
  return { ...offered, candidates: offered.candidates.filter(({ value }) => value.startsWith(current)) };
}

async function offer(
  before: readonly string[],
  current: string,
  command: Command | undefined,
  path: readonly string[],
  lookUp: NameLookup,
): Promise<Completions> {
  const options = optionTable(command);
  const awaiting = options.get(before.at(-1) ?? "");
  if (awaiting?.takesValue === true) return optionValue(awaiting.definition, lookUp);
  if (current.startsWith("-")) return { candidates: optionCandidates(options), files: false };
  if (command === undefined) return { candidates: commandCandidates(commandWords(before)), files: false };
  const position = operands(before, options).length - path.length;
  const definitions = Object.values(command.arguments);
  const argument = definitions[position] ?? definitions.findLast((definition) => definition.variadic);
  const named = argument?.completes === undefined ? nothing : await names(argument.completes, lookUp);
  return { ...named, candidates: [...(position === 0 ? verbsOf(path) : []), ...named.candidates] };
}

/** Commands of a group whose own name is a command as well. */
function verbsOf([name = "", verb]: readonly string[]): Candidate[] {
  const entry = verb === undefined && Object.hasOwn(commandTree, name) ? commandTree[name] : undefined;
  return entry !== undefined && isGroup(entry) ? summaries(entry.commands) : [];
}

interface KnownOption {
  takesValue: boolean;
  description: string;
  definition: OptionDefinition | undefined;
}

function optionTable(command: Command | undefined): Map<string, KnownOption> {
  const table = new Map<string, KnownOption>();
  const add = (flags: string, description: string, definition: OptionDefinition | undefined): void => {
    for (const flag of flags.replace(/ <.*>$/, "").split(", ")) {
      table.set(flag, { takesValue: flags.includes("<"), description, definition });
    }
  };
  for (const [name, definition] of Object.entries(command?.options ?? {})) {
    add(optionFlags(name, definition), definition.description, definition);
  }
  for (const { flags, description } of globalOptions) add(flags, description, undefined);
  add("--help", "Show help", undefined);
  return table;
}

function optionCandidates(options: ReadonlyMap<string, KnownOption>): Candidate[] {
  return [...options]
    .filter(([flag]) => flag.startsWith("--"))
    .map(([value, { description }]) => ({ value, description }));
}

function commandCandidates(words: readonly string[]): Candidate[] {
  const [name, ...rest] = words;
  if (rest.length > 0) return [];
  if (name === undefined) return summaries(commandTree);
  const entry = Object.hasOwn(commandTree, name) ? commandTree[name] : undefined;
  return entry !== undefined && isGroup(entry) ? summaries(entry.commands) : [];
}

function summaries(entries: Readonly<Record<string, { summary: string }>>): Candidate[] {
  return Object.entries(entries).map(([value, { summary }]) => ({ value, description: summary }));
}

async function optionValue(definition: OptionDefinition | undefined, lookUp: NameLookup): Promise<Completions> {
  if (definition?.kind === "choice") {
    return { candidates: definition.choices.map((value) => ({ value, description: "" })), files: false };
  }
  if (definition?.kind === "text" && definition.completes !== undefined) return names(definition.completes, lookUp);
  return nothing;
}

async function names(kind: Completion, lookUp: NameLookup): Promise<Completions> {
  return kind === "file" ? { candidates: [], files: true } : { candidates: await lookUp(kind), files: false };
}

/** Words that are neither options nor their values. */
function operands(words: readonly string[], options: ReadonlyMap<string, KnownOption>): string[] {
  return words.filter(
    (word, index) => !word.startsWith("-") && options.get(words[index - 1] ?? "")?.takesValue !== true,
  );
}
