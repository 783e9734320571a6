import { expect, it } from "vitest";
import { lastLines } from "./log-tail.ts";

it("says once what a container says at each of its starts", () => {
  const starts = Array.from({ length: 4 }, (_, index) => `starting\nat ${index}\n\ncannot read its data\n`);
  expect(lastLines(starts.join(""))).toEqual(["at 0", "at 1", "at 2", "starting", "at 3", "cannot read its data"]);
});
