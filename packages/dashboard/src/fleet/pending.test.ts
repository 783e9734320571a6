import { expect, it } from "vitest";
import { instanceOf, nodeOf, runOf, stepOf } from "./fixtures.ts";
import { pendingSentence, pendingWork, shownInstanceState, shownNodeState } from "./pending.ts";

const run = runOf(3, "running", [
  stepOf("lxc.ensure/user1", { state: "succeeded" }),
  stepOf("agent.ensure/user1", { state: "failed" }),
  stepOf("lxc.ensure/user2", { node: "user2" }),
  stepOf("agent.ensure/user3", { node: "user3", state: "running" }),
  stepOf("image.ensure/n8n", { node: "user1" }),
  stepOf("instance.ensure/user1-n8n"),
  stepOf("instance.ensure/user1-flowise", { state: "skipped" }),
]);

it("gathers what unfinished steps concern, and nothing of a run that has ended", () => {
  expect(pendingWork(run)).toEqual({ run: 3, nodes: new Set(["user2", "user3"]), instances: new Set(["user1-n8n"]) });
  expect(pendingWork({ ...run, state: "failed" }).nodes).toEqual(new Set());
  expect(pendingWork(undefined).run).toBeNull();
});

it("shows as pending what is not there yet, and every other state as it is", () => {
  const pending = pendingWork(run);
  const shown = (name: string, node: string, state: "missing" | "unknown" | "unhealthy" | "stopped") =>
    shownInstanceState(pending, instanceOf(name, node, { state }));
  expect(shown("user1-n8n", "user1", "missing")).toBe("pending");
  expect(shown("user2-n8n", "user2", "unknown")).toBe("pending");
  expect(shown("user1-n8n", "user1", "unhealthy")).toBe("unhealthy");
  expect(shown("user1-flowise", "user1", "missing")).toBe("missing");
  expect(shownNodeState(pending, nodeOf("user2", { state: "absent" }))).toBe("pending");
  expect(shownNodeState(pending, nodeOf("user2", { state: "offline" }))).toBe("offline");
  expect(shownNodeState(pending, nodeOf("user1", { state: "absent" }))).toBe("absent");
});

it("counts what the run has yet to bring about", () => {
  const nodes = [nodeOf("user1"), nodeOf("user2", { state: "absent" })];
  const instances = [
    instanceOf("user1-n8n", "user1", { state: "missing" }),
    instanceOf("user2-n8n", "user2", { state: "unknown" }),
    instanceOf("user1-flowise", "user1", { state: "missing" }),
  ];
  const status = { fleet: "valuechain", nodes, instances };
  expect(pendingSentence(status, pendingWork(run))).toBe("Run 3 is at work on 1 node and 2 instances.");
  expect(pendingSentence({ ...status, nodes: [], instances: [] }, pendingWork(run))).toBeUndefined();
  expect(pendingSentence(status, pendingWork(undefined))).toBeUndefined();
});
