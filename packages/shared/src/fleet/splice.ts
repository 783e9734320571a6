/** Edits of a YAML text by lines: what is not edited stays as it is, to the byte. Pure. */
import { Document, isMap, isNode, isScalar, parseDocument, visit, YAMLMap, type Pair } from "yaml";

/** Long lines stay long: the library would fold them. */
const asWritten = { lineWidth: 0 } as const;

/**
 * `text` with what `edited` has at `path`, or without what it has not. `edited` differs from the text there alone.
 * Where lines cannot be told apart, the whole of `edited` is written anew.
 */
export function splice(text: string, path: readonly string[], edited: Document): string {
  const spliced = spliceLines(text, path, edited);
  const isRight = spliced !== undefined && saysTheSame(parseDocument(spliced), edited);
  return isRight ? spliced : edited.toString(asWritten);
}

function saysTheSame(result: Document, edited: Document): boolean {
  if (result.errors.length > 0 || !areAliasesResolved(result)) return false;
  return JSON.stringify(result.toJS()) === JSON.stringify(edited.toJS());
}

function areAliasesResolved(document: Document): boolean {
  let areResolved = true;
  visit(document, { Alias: (_, alias) => void (areResolved &&= alias.resolve(document) !== undefined) });
  return areResolved;
}

/** undefined: not by lines. */
function spliceLines(text: string, path: readonly string[], edited: Document): string | undefined {
  let present: unknown = parseDocument(text).contents;
  let next: unknown = edited.contents;
  for (const [depth, name] of path.entries()) {
    if (!isBlockMap(present) || !isMap(next)) return undefined;
    const from = pairOf(present, name);
    const to = pairOf(next, name);
    if (to === undefined) return from === undefined ? text : withLines(text, linesOf(text, from), "");
    if (from === undefined) return insertBehind(text, present, to);
    const isDeepest = depth === path.length - 1 || !isBlockMap(from.value) || !isBlockMap(to.value);
    if (isDeepest) return replacePair(text, from, to);
    present = from.value;
    next = to.value;
  }
  return undefined;
}

/** One that has lines of its own for each of its entries. */
function isBlockMap(value: unknown): value is YAMLMap {
  return isMap(value) && value.flow !== true && value.items.length > 0;
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => (isScalar(key) ? String(key.value) : String(key)) === name);
}

interface Lines {
  /** Offset of the first line. */
  start: number;
  /** Offset behind the last one, its line break included. */
  end: number;
  /** What stands before the key. */
  indent: string;
}

/** undefined: it has not its lines for itself. */
function linesOf(text: string, { key, value }: Pair): Lines | undefined {
  if (!isScalar(key) || !key.range) return undefined;
  const start = text.lastIndexOf("\n", key.range[0] - 1) + 1;
  const indent = text.slice(start, key.range[0]);
  if (indent.trim() !== "") return undefined;
  const last = Math.max(key.range[1], rangeEnd(value));
  const lineBreak = text.indexOf("\n", last - 1);
  return { start, end: lineBreak === -1 ? text.length : lineBreak + 1, indent };
}

function rangeEnd(node: unknown): number {
  return isNode(node) ? (node.range?.[1] ?? 0) : 0;
}

function withLines(text: string, lines: Lines | undefined, written: string | undefined): string | undefined {
  if (lines === undefined || written === undefined) return undefined;
  return text.slice(0, lines.start) + written + text.slice(lines.end);
}

function insertBehind(text: string, map: YAMLMap, pair: Pair): string | undefined {
  const last = map.items.at(-1);
  const lines = last === undefined ? undefined : linesOf(text, last);
  if (lines === undefined) return undefined;
  const before = text.slice(0, lines.end);
  const complete = before.endsWith("\n") ? before : `${before}\n`;
  const place = { ...lines, start: complete.length, end: complete.length };
  return withLines(complete + text.slice(lines.end), place, write(pair, lines.indent));
}

/** Comments above the key stay where they are. */
function replacePair(text: string, from: Pair, to: Pair): string | undefined {
  const lines = linesOf(text, from);
  if (lines === undefined || !isScalar(to.key)) return undefined;
  const { schema } = new Document();
  const bare = new YAMLMap(schema);
  bare.set(to.key.value, to.value);
  const [pair] = bare.items;
  return pair === undefined ? undefined : withLines(text, lines, write(pair, lines.indent));
}

/** undefined: it refers to what stands elsewhere. */
function write(pair: Pair, indent: string): string | undefined {
  const document = new Document({});
  const map = new YAMLMap(document.schema);
  map.items.push(pair);
  document.contents = map;
  let refers = false;
  visit(document, { Alias: () => void (refers = true) });
  if (refers) return undefined;
  return document.toString(asWritten).replaceAll(/^(?=.)/gm, indent);
}
