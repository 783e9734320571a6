import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
} from "yaml";
import type { Problem } from "./problem.ts";
import { yamlSentence } from "./yaml-errors.ts";

/** Anchors may stand for this many nodes in total: enough for any fleet, too few for a 'billion laughs'. */
const maxAliasCount = 200;

export type Path = readonly (string | number)[];

/** A YAML text with a way from a path back to its line and column. */
export class FleetSource {
  readonly file: string;
  readonly document: Document;
  readonly #text: string;
  readonly #lines: LineCounter;

  constructor(text: string, file: string) {
    this.file = file;
    this.#text = text;
    this.#lines = new LineCounter();
    this.document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: true,
      // What it would warn of (a map as a key) is refused by the schema.
      logLevel: "error",
    });
  }

  /** Mistakes of YAML itself: the first of each line, since one often leads to others behind it. */
  syntaxProblems(): Problem[] {
    const byLine = new Map<number, Problem>();
    for (const error of this.document.errors) {
      const problem = this.#problemAt(error.pos[0], "", yamlSentence(error, this.#text));
      if (!byLine.has(problem.line)) byLine.set(problem.line, problem);
    }
    return [...byLine.values()];
  }

  /** The plain value, or the problem that keeps it from being one. */
  value(): { value: unknown } | { problem: Problem } {
    const wrong = this.#wrongAlias();
    if (wrong !== undefined) return { problem: this.#problemAt(startOf(wrong.alias), "", wrong.message) };
    try {
      return { value: this.document.toJS({ maxAliasCount }) as unknown };
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      return { problem: this.#problemAt(0, "", `refers to anchors (*name) more than ${maxAliasCount} times`) };
    }
  }

  /** A problem at the value of `path`, or at its key when `at` says so, or at the nearest ancestor that is written. */
  problem(path: Path, message: string, at: "value" | "key" = "value"): Problem {
    return this.#problemAt(this.#offset(path, at), path.join("."), message);
  }

  /** The text written at `path`, when it is a scalar. */
  written(path: Path): string | undefined {
    const node = this.document.getIn(path, true);
    return isScalar(node) ? (node.source ?? String(node.value)) : undefined;
  }

  /** The first alias that leads nowhere, or to what it is itself a part of. */
  #wrongAlias(): { alias: Alias; message: string } | undefined {
    const anchors = new Map<string, Node>();
    let wrong: { alias: Alias; message: string } | undefined;
    visit(this.document, (_, node, ancestors) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined && !ancestors.includes(target)) return undefined;
        const message =
          target === undefined ? `has no anchor '&${node.source}' before it` : "is part of what it refers to";
        wrong = { alias: node, message: `'*${node.source}' ${message}` };
        return visit.BREAK;
      }
      if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) anchors.set(node.anchor, node);
      return undefined;
    });
    return wrong;
  }

  #offset(path: Path, at: "value" | "key"): number {
    let node: unknown = this.document.contents;
    let offset = startOf(node);
    for (const [index, key] of path.entries()) {
      if (!isCollection(node)) return offset;
      const item = isMap(node) ? findPair(node.items, key) : node.items[Number(key)];
      if (item === undefined) return offset;
      const value: unknown = isPair(item) ? item.value : item;
      const keyNode: unknown = isPair(item) ? item.key : item;
      const last = index === path.length - 1;
      offset = last && at === "key" ? startOf(keyNode) : (startOfOrUndefined(value) ?? startOf(keyNode));
      if (!last && isCollection(value)) offset = startOf(keyNode);
      node = value;
    }
    return offset;
  }

  #problemAt(offset: number, path: string, message: string): Problem {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1), path, message };
  }
}

function findPair(items: readonly Pair[], key: string | number): Pair | undefined {
  return items.find((pair) => (isScalar(pair.key) ? String(pair.key.value) : String(pair.key)) === String(key));
}

function startOf(node: unknown): number {
  return startOfOrUndefined(node) ?? 0;
}

function startOfOrUndefined(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
