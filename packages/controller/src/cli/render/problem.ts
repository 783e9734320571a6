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
