import { expect, test } from "vitest";
import { problemLines, problemSummary } from "./problem.ts";
import { plainStyle } from "./style.ts";

const problem = {
  file: "fleet.yaml",
  line: 2,
  column: 3,
  path: "nodes.user1.adress",
  message: "unknown key 'adress'; did you mean 'address'?",
};

const inFile = (text: string) => new Map([["fleet.yaml", text]]);

test("a mistake comes with its line and a caret under its column", () => {
  expect(problemLines([problem], inFile("nodes:\n  adress: 10.0.6.11\n"), plainStyle)).toEqual([
    "fleet.yaml:2:3: nodes.user1.adress: unknown key 'adress'; did you mean 'address'?",
    "    2 |   adress: 10.0.6.11",
    "      |   ^",
  ]);
});

test("without the text, or beyond it, the place alone is named", () => {
  expect(problemLines([problem], new Map(), plainStyle)).toHaveLength(1);
  expect(problemLines([{ ...problem, line: 9 }], inFile("nodes:\n"), plainStyle)).toHaveLength(1);
});

test("what cannot be shown is left out of the line, and the caret stays under its column", () => {
  const text = "nodes:\n\u001b[2J\u0000\u0007a: \u202e1\n";
  expect(problemLines([{ ...problem, column: 7 }], inFile(text), plainStyle).slice(1)).toEqual([
    "    2 | a: 1",
    "      | ^",
  ]);
  expect(problemLines([{ ...problem, message: "\u001b[31m'\u0000'" }], new Map(), plainStyle)).toEqual([
    "fleet.yaml:2:3: nodes.user1.adress: ''",
  ]);
});

test("of a long line the part around the mistake is shown", () => {
  const shown = (line: string, column: number): string[] =>
    problemLines([{ ...problem, line: 1, column }], inFile(line), plainStyle).slice(1);
  expect(shown(`${"b".repeat(300)}X${"a".repeat(300)}`, 301)).toEqual([
    `    1 | …${"b".repeat(80)}X${"a".repeat(79)}…`,
    `      | ${" ".repeat(81)}^`,
  ]);
  expect(shown("a".repeat(160), 1)[0]).toBe(`    1 | ${"a".repeat(160)}`);
});

test("the files that have mistakes are named", () => {
  const inService = { ...problem, file: "services/wiki.yaml" };
  expect(problemSummary([inService])).toBe("services/wiki.yaml has 1 mistake.");
  expect(problemSummary([problem, inService, problem])).toBe("fleet.yaml and services/wiki.yaml have 3 mistakes.");
  expect(problemSummary([problem, inService, { ...problem, file: "services/shop.yaml" }])).toBe(
    "3 files have 3 mistakes.",
  );
});
