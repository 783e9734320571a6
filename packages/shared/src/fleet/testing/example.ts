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

/** The line of the example that a text stands in. */
export function lineOf(needle: string): number {
  return example.slice(0, example.indexOf(needle)).split("\n").length;
}

/** The example with settings for n8n: `version: 2.40`. */
export function withN8n(settings: string): string {
  return changed("    n8n: #", `    n8n: { ${settings} } #`);
}
