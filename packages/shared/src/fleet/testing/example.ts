/** The example's fleet file, and changes to it, for tests of what is wrong with a file. */
import { readFileSync } from "node:fs";
import { catalog } from "../../catalog/index.ts";
import { parseFleet } from "../parse.ts";
import { formatProblem, type Problem } from "../problem.ts";

export const example = readFileSync(new URL("../../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");

export function problemsOf(text: string): Problem[] {
  return parseFleet(text, "fleet.yaml", catalog).problems;
}

export function formattedProblems(text: string): string[] {
  return problemsOf(text).map(formatProblem);
}

/** The example with one thing changed; throws when the example no longer has it. */
export function changed(from: string, to: string): string {
  if (!example.includes(from)) throw new Error(`the example has no '${from}'`);
  return example.replace(from, to);
}

/** The line that a text stands in, of the example or of a change of it. */
export function lineOf(needle: string, text: string = example): number {
  if (!text.includes(needle)) throw new Error(`there is no '${needle}'`);
  return text.slice(0, text.indexOf(needle)).split("\n").length;
}

/** `fleet.yaml:LINE:COLUMN` of the line that a text stands in. */
export function place(needle: string, column: number, text: string = example): string {
  return `fleet.yaml:${lineOf(needle, text)}:${column}`;
}

/** The example with settings for n8n: `version: 2.40`. */
export function withN8n(settings: string): string {
  return changed("    n8n: #", `    n8n: { ${settings} } #`);
}
