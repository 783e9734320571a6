import { expect, test } from "vitest";
import { problemLines } from "./problem.ts";
import { plainStyle } from "./style.ts";

const problem = {
  file: "fleet.yaml",
  line: 2,
  column: 3,
  path: "nodes.user1.adress",
  message: "unknown key 'adress'; did you mean 'address'?",
};

test("a mistake comes with its line and a caret under its column", () => {
  expect(problemLines([problem], "nodes:\n  adress: 10.0.6.11\n", plainStyle)).toEqual([
    "fleet.yaml:2:3: nodes.user1.adress: unknown key 'adress'; did you mean 'address'?",
    "    2 |   adress: 10.0.6.11",
    "      |   ^",
  ]);
});

test("without the text, or beyond it, the place alone is named", () => {
  expect(problemLines([problem], undefined, plainStyle)).toHaveLength(1);
  expect(problemLines([{ ...problem, line: 9 }], "nodes:\n", plainStyle)).toHaveLength(1);
});

test("what cannot be shown is left out of the line, and the caret stays under its column", () => {
  const text = "nodes:\n\u001b[2J\u0000\u0007a: \u202e1\n";
  expect(problemLines([{ ...problem, column: 7 }], text, plainStyle).slice(1)).toEqual(["    2 | a: 1", "      | ^"]);
  expect(problemLines([{ ...problem, message: "\u001b[31m'\u0000'" }], undefined, plainStyle)).toEqual([
    "fleet.yaml:2:3: nodes.user1.adress: ''",
  ]);
});

test("of a long line the part around the mistake is shown", () => {
  const shown = (line: string, column: number): string[] =>
    problemLines([{ ...problem, line: 1, column }], line, plainStyle).slice(1);
  expect(shown(`${"b".repeat(300)}X${"a".repeat(300)}`, 301)).toEqual([
    `    1 | …${"b".repeat(80)}X${"a".repeat(79)}…`,
    `      | ${" ".repeat(81)}^`,
  ]);
  expect(shown("a".repeat(160), 1)[0]).toBe(`    1 | ${"a".repeat(160)}`);
});
