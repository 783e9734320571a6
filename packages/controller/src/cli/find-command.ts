/** Which command words mean. */
import { type CommandEntry, commandTree, isGroup } from "./tree.ts";

export interface FoundCommand {
  /** `["node", "list"]` */
  words: string[];
  entry: CommandEntry;
}

/** The command that `words` begin with, options among them stepped over; undefined when they name none. */
export function findCommand(words: readonly string[]): FoundCommand | undefined {
  const [name, verb] = commandWords(words);
  const entry = name === undefined || !Object.hasOwn(commandTree, name) ? undefined : commandTree[name];
  if (name === undefined || entry === undefined) return undefined;
  if (!isGroup(entry)) return { words: [name], entry };
  const command = verb === undefined || !Object.hasOwn(entry.commands, verb) ? undefined : entry.commands[verb];
  if (verb !== undefined && command !== undefined) return { words: [name, verb], entry: command };
  return entry.itself === undefined ? undefined : { words: [name], entry: entry.itself };
}

/** Words that are no option and no value of a global option, up to `--`. */
export function commandWords(words: readonly string[]): string[] {
  const named: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (word === undefined || word === "--") break;
    if (word === "--controller") index += 1;
    else if (!word.startsWith("-")) named.push(word);
  }
  return named;
}
