import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { screenSize, wantsColour } from "./terminal.ts";

const file = new PassThrough();
const screen = Object.assign(new PassThrough(), { isTTY: true });

test("colours: NO_COLOR, then FORCE_COLOR, then whether it is a terminal that can", () => {
  expect(wantsColour(screen, {})).toBe(true);
  expect(wantsColour(file, {})).toBe(false);
  expect(wantsColour(screen, { TERM: "dumb" })).toBe(false);
  expect(wantsColour(file, { FORCE_COLOR: "1" })).toBe(true);
  expect(wantsColour(screen, { FORCE_COLOR: "0" })).toBe(false);
  expect(wantsColour(screen, { NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(false);
  expect(wantsColour(screen, { NO_COLOR: "" })).toBe(true);
});

test("a terminal that does not know its size gets the usual one", () => {
  expect(screenSize(Object.assign(new PassThrough(), { columns: 0, rows: 0 }))).toEqual({ columns: 80, rows: 24 });
  expect(screenSize(Object.assign(new PassThrough(), { columns: 120, rows: 40 }))).toEqual({ columns: 120, rows: 40 });
});
