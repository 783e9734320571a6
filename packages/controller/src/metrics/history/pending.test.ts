import { expect, it } from "vitest";
import { Pending } from "./pending.ts";
import { second, start } from "./testing/samples.ts";

it("has each moment write a share of the groups, those that wait longest, until none is left", () => {
  const pending = new Pending(10_000, 360);
  for (let node = 0; node < 50; node += 1) pending.add(second(start, 1, { node: `node${node}` }), node < 25 ? 0 : 40);
  expect(pending.due(-1, 0.05, 1)).toEqual([]);
  const first = pending.due(30, 0.1, 1);
  expect(first).toHaveLength(10);
  pending.remove(first);
  let beats = 1;
  for (; pending.due(100, 0.1, 5).length > 0; beats += 1) pending.remove(pending.due(100, 0.1, 5));
  expect(pending.groups()).toEqual([]);
  expect(beats).toBeLessThanOrEqual(18);
});

it("splits what lies in several hours, so that each hour can be folded by itself", () => {
  const pending = new Pending(10_000, 360);
  for (const at of [start - 1000, start, start + 3_600_000]) pending.add(second(at, 1), 0);
  expect(pending.of("user1", "user1-n8n").map(({ gathered }) => gathered.from)).toEqual([
    start - 10_000,
    start,
    start + 3_600_000,
  ]);
});
