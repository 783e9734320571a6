import { expect, test } from "vitest";
import type { OperationKind } from "@berth/shared/operations/index";
import type { StepRecord } from "../inventory/runs.ts";
import { createSchedule, type Hosts } from "./schedule.ts";

const limits = { total: 100, perNode: 100, pullsPerHost: 3, startsPerCore: 2 };
const nodes = ["user1", "user2", "user3", "user4", "user5"];
const hosts: Hosts = new Map(nodes.map((node) => [node, { name: "pve", cores: 2 }]));

let position = 0;

/** That waits, on its node. */
function stepRecord(kind: OperationKind, node: string): StepRecord {
  const inputs: Partial<Record<OperationKind, Record<string, unknown>>> = {
    "image.ensure": { node, image: "n8n:2", registryCa: null },
    "instance.remove": { node, instance: `${node}-former`, volumes: false },
    "instance.restart": { node, instance: `${node}-n8n` },
  };
  return {
    ...{ position: (position += 1), id: `${kind}/${node}`, operationId: `${kind}/${node}`, kind, node, target: node },
    ...{ change: "update", reason: "asked for", after: [], input: inputs[kind] ?? {}, state: "waiting", attempt: 0 },
    ...{ startedAt: null, endedAt: null, progress: null, phases: [], error: null, result: null },
  };
}

function targets(...steps: { target: string }[]): string[] {
  return steps.map(({ target }) => target);
}

test("instances start on the nodes of one host as many at once as its cores bear", () => {
  const steps = nodes.map((node) => stepRecord("instance.restart", node));
  const schedule = createSchedule(steps, limits, hosts);
  const first = schedule.take();
  expect(targets(...first)).toEqual(["user1", "user2", "user3", "user4"]);
  expect(schedule.take()).toEqual([]);
  schedule.end(first[0]!);
  expect(targets(...schedule.take())).toEqual(["user5"]);
});

test("pulls and starts do not wait for each other, and nothing else waits for either", () => {
  const pulls = nodes.map((node) => stepRecord("image.ensure", node));
  const starts = nodes.map((node) => stepRecord("instance.restart", node));
  const removals = nodes.map((node) => stepRecord("instance.remove", node));
  const taken = createSchedule([...pulls, ...starts, ...removals], limits, hosts).take();
  const count = (kind: string) => taken.filter((step) => step.kind === kind).length;
  expect([count("image.ensure"), count("instance.restart"), count("instance.remove")]).toEqual([3, 4, 5]);
});

test("nodes of hosts of their own do not wait for each other", () => {
  const own: Hosts = new Map(nodes.map((node) => [node, { name: node, cores: 1 }]));
  const steps = nodes.map((node) => stepRecord("instance.restart", node));
  expect(createSchedule(steps, limits, own).take()).toHaveLength(5);
});
