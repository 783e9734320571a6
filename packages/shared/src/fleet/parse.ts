/** From the text of `fleet.yaml` to a validated fleet, or to every mistake with its place. Pure. */
import type { Catalog } from "../catalog/schema.ts";
import { checkFleet } from "./check.ts";
import { schemaProblems } from "./mistakes.ts";
import type { Problem } from "./problem.ts";
import { fleetSchema, type Fleet } from "./schema.ts";
import { sentenceOf } from "./sentences.ts";
import { FleetSource } from "./source.ts";

export type ParsedFleet = { fleet: Fleet; problems: [] } | { fleet: null; problems: Problem[] };

/** Largest fleet file, in characters. */
const maxLength = 1024 * 1024;

export function parseFleet(text: string, file: string, catalog: Catalog): ParsedFleet {
  if (text.length > maxLength) return failed([{ file, line: 1, column: 1, path: "", message: "is larger than 1 MiB" }]);
  const foreign = unprintableProblem(text, file);
  if (foreign !== undefined) return failed([foreign]);
  const source = new FleetSource(text, file);
  const syntax = source.syntaxProblems();
  if (syntax.length > 0) return failed(syntax);
  const plain = source.value();
  if ("problem" in plain) return failed([plain.problem]);
  if (plain.value === null || plain.value === undefined) {
    return failed([source.problem([], "is empty; `berth fleet schema` describes what belongs in it")]);
  }
  const parsed = fleetSchema.safeParse(plain.value, { error: sentenceOf, reportInput: true });
  if (!parsed.success) return failed(schemaProblems(parsed.error.issues, source));
  const problems = checkFleet(parsed.data, catalog).map(({ path, message, at }) => source.problem(path, message, at));
  return problems.length > 0 ? failed(problems) : { fleet: parsed.data, problems: [] };
}

function failed(problems: Problem[]): ParsedFleet {
  const unique = new Map(problems.map((problem) => [`${problem.line}:${problem.column}:${problem.message}`, problem]));
  return { fleet: null, problems: [...unique.values()].toSorted((a, b) => a.line - b.line || a.column - b.column) };
}

/** YAML consists of printable characters; the first other one tells a file that is no text, or in another encoding. */
function unprintableProblem(text: string, file: string): Problem | undefined {
  const index = text.search(/[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  if (index === -1) return undefined;
  const before = text.slice(0, index).split("\n");
  const code = (text.codePointAt(index) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  const message = `holds the control character U+${code}; a fleet file is text in UTF-8`;
  return { file, line: before.length, column: (before.at(-1) ?? "").length + 1, path: "", message };
}
