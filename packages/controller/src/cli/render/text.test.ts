import { expect, test } from "vitest";
import { createStyle } from "./style.ts";
import { clip, pad, width, wrap } from "./text.ts";

const { red } = createStyle(true);

test("colours take no width", () => {
  expect(width(red("abc"))).toBe(3);
  expect(pad(red("abc"), 5)).toBe(`${red("abc")}  `);
});

test("what people see as one character is one", () => {
  expect(width("e\u0301 👩‍🚀")).toBe(3);
});

test("a cut is shown, and colours end where it is", () => {
  expect(clip("abcdef", 6)).toBe("abcdef");
  expect(clip("abcdef", 4)).toBe("abc…");
  expect(clip(red("abcdef"), 4)).toBe("\u001b[31mabc…\u001b[0m");
  expect(clip("abc", 0)).toBe("");
});

test("a text is broken between words", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("one two three", 7, "  ")).toEqual(["one two", "  three"]);
  expect(wrap("\u001b[33mone\u001b[39m two", 7)).toEqual(["\u001b[33mone\u001b[39m two"]);
  expect(wrap("immeasurable x", 3)).toEqual(["immeasurable", "x"]);
});
