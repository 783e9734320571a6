/** Mistakes in a fleet file, each with the line it is in. Pure. */
import { formatProblem, type Problem } from "@berth/shared/fleet/problem";
import { printable, printableLine } from "./printable.ts";
import type { Style } from "./style.ts";

/** `text` is the file's content, when it is at hand. */
export function problemLines(problems: readonly Problem[], text: string | undefined, style: Style): string[] {
  const lines = text?.split(/\r?\n/);
  return problems.flatMap((problem) => [
    style.red(printableLine(formatProblem(problem))),
    ...sourceLines(problem, lines?.[problem.line - 1], style),
  ]);
}

function sourceLines(problem: Problem, source: string | undefined, style: Style): string[] {
  if (source === undefined || source.trim() === "") return [];
  const gutter = `${problem.line} | `.padStart(8);
  // Tabs stay tabs, so that the caret stands under its column however wide the terminal shows them.
  const before = source.slice(0, Math.max(0, problem.column - 1)).replaceAll(/[^\t]/g, " ");
  return [
    `${style.dim(gutter)}${printable(source)}`,
    `${style.dim(`${" ".repeat(gutter.length - 2)}| `)}${before}${style.red("^")}`,
  ];
}
