import { expect, test } from "vitest";
import { createStyle } from "./style.ts";
import { clip, pad, width } from "./text.ts";

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
