import { expect, it } from "vitest";
import { ClockSkew } from "./clock-skew.ts";

const hour = 3_600_000;

/** A node whose clock is `skew` ahead, and a controller: time passes for both alike, unless one is set. */
function together(skew: number) {
  const clocks = { elapsed: 0, node: 1e12 + skew, controller: 1e12 };
  const known = new ClockSkew(skew, () => clocks.elapsed);
  /** Batches every five seconds, some of them of an outage `kept` milliseconds ago. */
  const pass = (seconds: number, { late = 0, kept = 0 } = {}): void => {
    for (let second = 0; second < seconds; second += 5) {
      for (const key of ["elapsed", "node", "controller"] as const) clocks[key] += 5000;
      const old = kept > 0 ? 50 : 0;
      for (let batch = 0; batch < old; batch += 1) known.follow(clocks.node - kept, clocks.controller);
      known.follow(clocks.node - late, clocks.controller);
    }
  };
  return { clocks, known, pass };
}

it.each([0, 7 * hour, -7 * hour])("stays what hello said of a clock that is off by %d, whatever comes late", (skew) => {
  const { known, pass } = together(skew);
  pass(60, { late: 4000 });
  pass(60, { kept: hour });
  pass(60, { late: 8000 });
  expect(known.milliseconds).toBe(skew);
});

it.each([hour, -hour, -25_000, -16_000])("follows the node's clock when it is set by %d", (jump) => {
  const { clocks, known, pass } = together(0);
  pass(60);
  clocks.node += jump;
  pass(45);
  expect(known.milliseconds).toBe(jump);
  pass(300, { late: 1000 });
  expect(known.milliseconds).toBe(jump);
});

it.each([hour, -hour])("follows the controller's own clock when it is set by %d", (jump) => {
  const { clocks, known, pass } = together(0);
  pass(60);
  clocks.controller += jump;
  pass(45);
  expect(known.milliseconds).toBe(-jump);
});

it("finds back when a connection that was slow for long was taken for a clock that was set", () => {
  const { known, pass } = together(0);
  pass(60, { late: 40_000 });
  pass(5);
  expect(known.milliseconds).toBe(0);
});
