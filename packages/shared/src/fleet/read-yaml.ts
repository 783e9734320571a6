/** From the text of a file to its plain value, or to the mistakes that keep it from having one. Pure. */
import type { Problem } from "./problem.ts";
import { FleetSource } from "./source.ts";

export type ReadYaml = { source: FleetSource; value: unknown; problems: [] } | { source: null; problems: Problem[] };

/** Largest file, in characters. */
const maxLength = 1024 * 1024;

/** A file without content has the value null. */
export function readYaml(text: string, file: string): ReadYaml {
  if (text.length > maxLength) return failed([{ file, line: 1, column: 1, path: "", message: "is larger than 1 MiB" }]);
  const foreign = unprintableProblem(text, file);
  if (foreign !== undefined) return failed([foreign]);
  const source = new FleetSource(text, file);
  const syntax = source.syntaxProblems();
  if (syntax.length > 0) return failed(syntax);
  const plain = source.value();
  return "problem" in plain ? failed([plain.problem]) : { source, value: plain.value ?? null, problems: [] };
}

/** Each problem once, in the order of the file. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  const unique = new Map(problems.map((problem) => [`${problem.line}:${problem.column}:${problem.message}`, problem]));
  return [...unique.values()].toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function failed(problems: Problem[]): ReadYaml {
  return { source: null, problems: inOrder(problems) };
}

/** YAML consists of printable characters; the first other one tells a file that is no text, or in another encoding. */
function unprintableProblem(text: string, file: string): Problem | undefined {
  const index = text.search(/[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  if (index === -1) return undefined;
  const before = text.slice(0, index).split("\n");
  const code = (text.codePointAt(index) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  const message = `holds the control character U+${code}; the file must be text in UTF-8`;
  return { file, line: before.length, column: (before.at(-1) ?? "").length + 1, path: "", message };
}
