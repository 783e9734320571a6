import { expect, it } from "vitest";
import { Pulse } from "./pulse.ts";

const calm = { ask: false, quiet: undefined, lost: false };

it("asks every four seconds, and is content with the answer", () => {
  const pulse = new Pulse(0);
  expect(pulse.look(3_999)).toEqual(calm);
  expect(pulse.look(4_000)).toEqual({ ...calm, ask: true });
  expect(pulse.look(5_000)).toEqual(calm);
  pulse.answered(5_100, 0.5);
  expect(pulse.look(9_000)).toEqual(calm);
  expect(pulse.look(9_100)).toEqual({ ...calm, ask: true });
});

it("tells of a controller that does not answer, and gives it up", () => {
  const pulse = new Pulse(0);
  pulse.look(4_000);
  expect(pulse.look(7_000)).toEqual({ ...calm, quiet: { who: "controller", seconds: 3 } });
  expect(pulse.look(18_900)).toMatchObject({ lost: false });
  expect(pulse.look(19_000)).toEqual({ ask: false, quiet: { who: "controller", seconds: 15 }, lost: true });
});

it("takes output for an answer", () => {
  const pulse = new Pulse(0);
  pulse.look(4_000);
  pulse.heard(18_000);
  expect(pulse.look(19_000)).toEqual(calm);
});

it("does not take a tab for lost that looks once a minute", () => {
  const pulse = new Pulse(0);
  for (let minute = 1; minute < 5; minute += 1) {
    expect(pulse.look(minute * 60_000)).toEqual({ ...calm, ask: true });
    pulse.answered(minute * 60_000 + 20, 1);
  }
});

it("tells of a node that is not heard, by what the controller knows", () => {
  const pulse = new Pulse(0);
  pulse.answered(0, 11);
  expect(pulse.look(1_000)).toEqual(calm);
  pulse.answered(1_000, 14.4);
  expect(pulse.look(2_000)).toEqual({ ...calm, quiet: { who: "node", seconds: 14 } });
});
