import { expect, it } from "vitest";
import { lastLines } from "./log-tail.ts";

it("says once what a container says at each of its starts", () => {
  const starts = Array.from({ length: 4 }, () => "starting\n\nError: cannot read its data\n  at open\n");
  expect(lastLines(starts.join(""))).toEqual(["starting", "Error: cannot read its data", "  at open"]);
});

it("leaves what is alike within one start", () => {
  expect(lastLines("{\n}\n{\n  a\n}\n")).toEqual(["{", "}", "{", "  a", "}"]);
});
