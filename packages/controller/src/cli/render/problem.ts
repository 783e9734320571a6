/** Mistakes in a fleet file and the services beside it, each with the line it is in. Pure. */
import { formatProblem, type Problem } from "@berth/shared/fleet/problem";
import { printable, printableLine } from "./printable.ts";
import type { Style } from "./style.ts";
import { count } from "./text.ts";

/** `texts` holds the files' contents, as far as they are at hand. */
export function problemLines(problems: readonly Problem[], texts: ReadonlyMap<string, string>, style: Style): string[] {
  const lines = new Map([...texts].map(([file, text]) => [file, text.split(/\r?\n/)]));
  return problems.flatMap((problem) => [
    style.red(printableLine(formatProblem(problem))),
    ...sourceLines(problem, lines.get(problem.file)?.[problem.line - 1], style),
  ]);
}

/** `services/wiki.yaml has 1 mistake.`, `fleet.yaml and services/wiki.yaml have 3 mistakes.` */
export function problemSummary(problems: readonly Problem[]): string {
  const files = [...new Set(problems.map(({ file }) => file))];
  const named = files.length > 2 ? count(files.length, "file") : files.join(" and ");
  return `${named} ${files.length === 1 ? "has" : "have"} ${count(problems.length, "mistake")}.`;
}

/** Of a line longer than this, as much is shown around the mistake. */
const widest = 160;

function sourceLines(problem: Problem, source: string | undefined, style: Style): string[] {
  if (source === undefined || source.trim() === "") return [];
  const gutter = `${problem.line} | `.padStart(8);
  // Made printable by itself, so that the caret stands under its column however much of the line cannot be shown.
  const { before, after } = shortened(
    printable(source.slice(0, problem.column - 1)),
    printable(source.slice(problem.column - 1)),
  );
  // Tabs stay tabs, however wide the terminal shows them.
  const indentation = before.replaceAll(/[^\t]/g, " ");
  return [
    `${style.dim(gutter)}${before}${after}`,
    `${style.dim(`${" ".repeat(gutter.length - 2)}| `)}${indentation}${style.red("^")}`,
  ];
}

function shortened(before: string, after: string): { before: string; after: string } {
  if (before.length + after.length <= widest) return { before, after };
  const half = widest / 2;
  return {
    before: before.length <= half ? before : `…${before.slice(-half)}`,
    after: after.length <= half ? after : `${after.slice(0, half)}…`,
  };
}
