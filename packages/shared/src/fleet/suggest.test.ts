import { expect, test } from "vitest";
import { suggest, suggestion } from "./suggest.ts";

test.each([
  ["adress", "address"],
  ["N8N", "n8n"],
  ["n8m", "n8n"],
  ["neo4", "neo4j"],
])("'%s' is a typo for '%s'", (written, meant) => {
  expect(suggest(written, ["neo4j", "n8n", "address"])).toBe(meant);
});

test.each(["nosuch", "x", "", "postgres"])("'%s' is no typo for any of them", (written) => {
  expect(suggest(written, ["neo4j", "n8n", "a"])).toBeUndefined();
});

test("where nothing is near, there is what to choose from, unless that is too much", () => {
  expect(suggestion("nosuch", ["a", "b"])).toBe("; one of 'a', 'b'");
  expect(suggestion("nosuch", [...Array(21).keys()].map(String))).toBe("");
});
