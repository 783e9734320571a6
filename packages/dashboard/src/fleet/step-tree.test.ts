import { expect, it } from "vitest";
import { stepOf } from "./fixtures.ts";
import { stepElapsed, stepTree } from "./step-tree.ts";

it("groups by node and puts each step under the one it follows", () => {
  const tree = stepTree([
    stepOf("database.ensure/user1_n8n", { node: null }),
    stepOf("lxc.ensure/user1", { state: "succeeded" }),
    stepOf("agent.ensure/user1", { after: ["lxc.ensure/user1"], state: "running" }),
    stepOf("instance.ensure/user1-n8n", { after: ["database.ensure/user1_n8n", "agent.ensure/user1"] }),
    stepOf("lxc.ensure/user2", { node: "user2" }),
    stepOf("instance.ensure/user1-flowise", { after: ["agent.ensure/user1"] }),
  ]);
  expect(tree.map((group) => [group.node, group.steps.map(({ step, depth }) => `${depth} ${step.id}`)])).toEqual([
    [null, ["0 database.ensure/user1_n8n"]],
    [
      "user1",
      ["0 lxc.ensure/user1", "1 agent.ensure/user1", "2 instance.ensure/user1-n8n", "2 instance.ensure/user1-flowise"],
    ],
    ["user2", ["0 lxc.ensure/user2"]],
  ]);
});

it("says what a waiting step waits for, and nothing of a step that has begun", () => {
  const [group] = stepTree([
    stepOf("a/1", { state: "succeeded" }),
    stepOf("a/2", { state: "running", after: ["a/1"] }),
    stepOf("a/3", { after: ["a/1", "a/2"] }),
  ]);
  expect(group?.steps.map((node) => node.waitsFor.map(({ id }) => id))).toEqual([[], [], ["a/2"]]);
});

it("measures to the end, or to now", () => {
  const startedAt = "2026-11-24T06:00:00.000Z";
  const now = Date.parse("2026-11-24T06:01:00.000Z");
  expect(stepElapsed(stepOf("a/1"), now)).toBeUndefined();
  expect(stepElapsed(stepOf("a/1", { startedAt }), now)).toBe(60_000);
  expect(stepElapsed(stepOf("a/1", { startedAt, endedAt: "2026-11-24T06:00:02.500Z" }), now)).toBe(2_500);
});

it("draws no stairs for the batches of an upgrade", () => {
  const steps = [
    stepOf("backup.create/user1-n8n"),
    stepOf("instance.upgrade/user1-n8n", { after: ["backup.create/user1-n8n"] }),
    stepOf("instance.upgrade/user2-n8n", { after: ["instance.upgrade/user1-n8n"] }),
    stepOf("instance.upgrade/user3-n8n", { after: ["instance.upgrade/user2-n8n"] }),
  ];
  expect(stepTree(steps).flatMap((group) => group.steps.map(({ step, depth }) => [step.target, depth]))).toEqual([
    ["user1-n8n", 0],
    ["user1-n8n", 1],
    ["user2-n8n", 1],
    ["user3-n8n", 1],
  ]);
});
