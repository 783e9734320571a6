import { expect, test } from "vitest";
import { phaseSchema, phasesWorthTelling, phaseTotals } from "./phases.ts";

test("times of one name are added up, in the order in which the names come; next to nothing is left out", () => {
  const phases = [
    { name: "stop", milliseconds: 1000 },
    { name: "copy", milliseconds: 3100 },
    { name: "stop", milliseconds: 1020 },
    { name: "create", milliseconds: 40 },
  ];
  expect(phaseTotals(phases)).toEqual([
    { name: "stop", milliseconds: 2020 },
    { name: "copy", milliseconds: 3100 },
  ]);
});

test("nothing is told unasked of a step that was quick, or that did one thing", () => {
  const pull = { name: "pull", startMilliseconds: 0, milliseconds: 6000 };
  const start = { name: "start", startMilliseconds: 6000, milliseconds: 800 };
  expect(phasesWorthTelling([pull, start], 4999)).toEqual([]);
  expect(phasesWorthTelling([pull], 6900)).toEqual([]);
  expect(phasesWorthTelling([pull, start], 6900).map(({ name }) => name)).toEqual(["pull", "start"]);
});

test("a phase's name is plain words: of a later version too, and never a sentence of somebody's", () => {
  const phase = { name: "warm up", target: "user1-n8n", at: 1_764_500_000_000, milliseconds: 5 };
  expect(phaseSchema.safeParse(phase).success).toBe(true);
  for (const name of ["password=hunter2", "a\u001b[31m", "", "x".repeat(41)]) {
    expect(phaseSchema.safeParse({ ...phase, name }).success, name).toBe(false);
  }
});
