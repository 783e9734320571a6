/** Puts services under `catalog:` of a fleet file's text, every other character of which stays as it is. Pure. */
import { isMap, isNode, isScalar, stringify, type Pair, type YAMLMap } from "yaml";
import type { FleetSource } from "./source.ts";

/** What is put where; `at` is an offset in the text before. */
export interface Insertion {
  at: number;
  text: string;
}

const key = "catalog";
const step = 2;

/** undefined: `catalog` is no map that something could be added to. */
export function catalogInsertion(
  text: string,
  { document }: FleetSource,
  services: Readonly<Record<string, unknown>>,
): Insertion | undefined {
  const root = document.contents;
  if (!isMap(root)) return undefined;
  const pair = root.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (pair === undefined) {
    return root.flow === true ? intoFlow(text, root, { [key]: services }) : atEnd(text, root, { [key]: services });
  }
  const { value } = pair;
  if (!isMap(value)) return isEmpty(value) ? belowKey(text, pair, services) : undefined;
  return value.flow === true ? intoFlow(text, value, services) : beforeFirst(text, value, services);
}

/** Right behind the '{'; JSON is YAML, and takes no line of its own. */
function intoFlow(text: string, map: YAMLMap, entries: Readonly<Record<string, unknown>>): Insertion | undefined {
  const start = map.range?.[0] ?? -1;
  if (text[start] !== "{") return undefined;
  const written = Object.entries(entries).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}, `);
  return { at: start + 1, text: written.join("") };
}

/** On the lines above the first entry, indented as it is. */
function beforeFirst(text: string, map: YAMLMap, entries: Readonly<Record<string, unknown>>): Insertion | undefined {
  const first = lineOfKey(text, map.items[0]);
  return first === undefined ? undefined : { at: first.start, text: block(entries, first.indentation) };
}

/** On the lines below a key without a value. */
function belowKey(text: string, pair: Pair, entries: Readonly<Record<string, unknown>>): Insertion | undefined {
  const line = lineOfKey(text, pair);
  if (line === undefined) return undefined;
  const end = text.indexOf("\n", line.start);
  const written = block(entries, line.indentation + step);
  return end === -1 ? { at: text.length, text: `\n${written}` } : { at: end + 1, text: written };
}

/** On the last lines, above the mark of the document's end if it has one. */
function atEnd(text: string, map: YAMLMap, entries: Readonly<Record<string, unknown>>): Insertion | undefined {
  const first = lineOfKey(text, map.items[0]);
  if (first === undefined) return undefined;
  const mark = text.search(/^\.\.\.(?=\s|$)/m);
  const at = mark === -1 ? text.length : mark;
  const written = block(entries, first.indentation);
  return { at, text: text[at - 1] === "\n" ? written : `\n${written}` };
}

function block(entries: Readonly<Record<string, unknown>>, indentation: number): string {
  return stringify(entries, { lineWidth: 0 }).replaceAll(/^(?=.)/gm, " ".repeat(indentation));
}

function isEmpty(value: unknown): boolean {
  return value === null || (isScalar(value) && value.value === null && (value.source ?? "") === "");
}

/** Of a key that stands first on its line, apart from its anchor, its tag or a '?'. */
function lineOfKey(text: string, pair: Pair | undefined): { start: number; indentation: number } | undefined {
  const offset = isNode(pair?.key) ? pair.key.range?.[0] : undefined;
  if (offset === undefined) return undefined;
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const before = /^(?<spaces> *)(?:(?:[&!]\S*|\?) +)*$/.exec(text.slice(start, offset));
  return before === null ? undefined : { start, indentation: before.groups?.["spaces"]?.length ?? 0 };
}
