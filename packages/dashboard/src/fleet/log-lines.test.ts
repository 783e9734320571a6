import { expect, it } from "vitest";
import { mergeLines } from "./log-lines.ts";

const lines = (...sequences: number[]) =>
  sequences.map((sequence) => ({ sequence, at: "2026-11-24T06:00:00.000Z", step: "a/1", line: `line ${sequence}` }));

it("appends what is new", () => {
  expect(mergeLines(lines(1, 2), lines(3))).toEqual(lines(1, 2, 3));
});

it("puts the past before what the stream told meanwhile, without doubles", () => {
  expect(mergeLines(lines(3, 4), lines(1, 2, 3))).toEqual(lines(1, 2, 3, 4));
});

it("is the same object when nothing is new", () => {
  const known = lines(1, 2);
  expect(mergeLines(known, lines(2))).toBe(known);
  expect(mergeLines(known, [])).toBe(known);
});
