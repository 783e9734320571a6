import { upgradeSchema, type Upgrade } from "@berth/shared/api/upgrades";
import { expect, it } from "vitest";
import { runOf, stepOf } from "./fixtures.ts";
import { isBehind, longestGap, movesText, upgradeBatches, upgradeOfRun } from "./upgrade-batches.ts";

const canary = "instance.upgrade/user1-n8n";
const second = ["instance.upgrade/user2-n8n", "instance.upgrade/user3-n8n"];

const run = runOf(7, "running", [
  stepOf("backup.create/user1-n8n", { state: "succeeded" }),
  stepOf(canary, { state: "succeeded", after: ["backup.create/user1-n8n"] }),
  stepOf("instance.upgrade/user2-n8n", { state: "succeeded", after: [canary] }),
  stepOf("instance.upgrade/user3-n8n", { state: "running", after: [canary] }),
  stepOf("instance.upgrade/user4-n8n", { after: second }),
  stepOf("upgrade.conclude/n8n", { after: [canary, ...second, "instance.upgrade/user4-n8n"] }),
]);

function upgradeAt(startedAt: string): Upgrade {
  const move = { from: "2.40.0", to: "2.41.3", startedAt, endedAt: startedAt, reason: null };
  return upgradeSchema.parse({
    ...{ id: `n8n-${startedAt}`, service: "n8n", version: "2.41.3", startedAt },
    instances: [
      { ...move, instance: "user1-n8n", outcome: "upgraded", gapMilliseconds: 4100 },
      { ...move, instance: "user2-n8n", outcome: "went-back", reason: "it was not healthy", gapMilliseconds: 9200 },
    ],
  });
}

it("finds canary and batches in what the steps follow, and what became of each instance", () => {
  const batches = upgradeBatches(run, upgradeAt("2026-11-24T06:01:00.000Z"));
  expect(
    batches.map(({ title, state, moves }) => [title, state, ...moves.map((move) => `${move.instance} ${move.state}`)]),
  ).toEqual([
    ["Canary", "ended", "user1-n8n upgraded"],
    ["Batch 2 of 3", "running", "user2-n8n went back", "user3-n8n running"],
    ["Batch 3 of 3", "waiting", "user4-n8n waiting"],
  ]);
});

it("tells those whose turn never came from those that failed", () => {
  const ended = runOf(7, "failed", [
    stepOf(canary, { state: "failed" }),
    stepOf("instance.upgrade/user2-n8n", { state: "skipped", after: [canary] }),
    stepOf("instance.upgrade/user3-n8n", { state: "cancelled", after: [canary] }),
  ]);
  const states = upgradeBatches(ended, undefined).flatMap(({ moves }) => moves.map(({ state }) => state));
  expect(states).toEqual(["failed", "not moved", "not moved"]);
});

it("tells those that an upgrade passed by from those that it moved", () => {
  const done = stepOf("instance.upgrade/user3-n8n", { state: "succeeded", after: [canary] });
  const ended = runOf(7, "failed", [stepOf(canary, { state: "succeeded" }), done]);
  const states = (upgrade: Upgrade | undefined) =>
    upgradeBatches(ended, upgrade).flatMap(({ moves }) => moves.map(({ state }) => state));
  expect(states(upgradeAt("2026-11-24T06:01:00.000Z"))).toEqual(["upgraded", "not moved"]);
  expect(states(undefined), "nothing is known yet").toEqual(["upgraded", "upgraded"]);
});

it("knows a run's upgrade from one of the same instances before it", () => {
  const before = upgradeAt("2026-11-20T06:01:00.000Z");
  const own = upgradeAt("2026-11-24T06:01:00.000Z");
  expect(upgradeOfRun(run, [own, before])).toBe(own);
  expect(upgradeOfRun(run, [before])).toBeUndefined();
});

it("sums up how instances fared", () => {
  const { instances } = upgradeAt("2026-11-24T06:01:00.000Z");
  expect(movesText(instances)).toBe("1 upgraded, 1 went back");
  expect(longestGap(instances)).toBe(9200);
  expect(longestGap([])).toBeUndefined();
});

it("calls behind what has anything newer to go to", () => {
  const check = { instance: "a", service: "n8n", version: "2.41.3", rebuilt: null, held: false, notes: [] };
  expect(isBehind({ ...check, patch: null, minor: null, major: null })).toBe(false);
  expect(isBehind({ ...check, patch: null, minor: null, major: "3.0.0" })).toBe(true);
  const anew = { ...check, patch: null, minor: null, major: null, rebuilt: `sha256:${"a".repeat(64)}` };
  expect(isBehind(anew)).toBe(true);
});
