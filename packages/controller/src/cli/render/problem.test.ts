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
