import { expect, test } from "vitest";
import { printable, printableDeep, printableLine } from "./printable.ts";

test("escape sequences, control characters and text direction are taken out; line breaks and tabs stay", () => {
  expect(printable("a\u001b[31mred\u001b[0m\u001b]8;;http://x\u0007link\u0007 \u009b2J\r\nb\tc\u202egnp\u0000")).toBe(
    "aredlink \nb\tcgnp",
  );
});

test("in a line, line breaks become spaces", () => {
  expect(printableLine("one\ntwo\t three")).toBe("one two  three");
});

test("every string of a value is cleaned, keys too; other values stay", () => {
  expect(printableDeep({ "a\u0007": ["b\u001b[2J", 1, null, { c: true }] })).toEqual({
    a: ["b", 1, null, { c: true }],
  });
});
