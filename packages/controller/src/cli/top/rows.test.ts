import { expect, it } from "vitest";
import { emptyPicture, type Picture, withEvent } from "./picture.ts";
import { type Row, type Selection, topRows } from "./rows.ts";
import { fleet, sharedSamples, user1Samples } from "./test-fixtures.ts";

const mib = 1024 ** 2;
const seenAt = 100_000;
const picture: Picture = [
  { event: "status", data: fleet },
  { event: "samples", data: sharedSamples },
  { event: "samples", data: user1Samples },
].reduce((before, event) => withEvent(before, event, seenAt), emptyPicture);

function rows(selection: Partial<Selection>, now = seenAt): Row[] {
  return topRows(picture, { by: "container", sort: "cpu", ...selection }, now);
}

function names(selection: Partial<Selection>): string[] {
  return rows(selection).map(({ name }) => name);
}

it("has each container, the busiest first, and last what is not measured", () => {
  expect(rows({}).map(({ name, cpuCores }) => [name, cpuCores])).toEqual([
    ["shared-langfuse-worker", 0.5],
    ["user1-n8n", 0.3],
    ["shared-langfuse", 0.25],
    ["somebody-elses", 0.01],
    ["user1-flowise", null],
    ["user2-n8n", null],
  ]);
});

it.each([
  ["memory", "user1-n8n"],
  ["network", "shared-langfuse"],
  ["disk", "user1-n8n"],
  ["name", "shared-langfuse"],
] as const)("sorts by %s", (sort, first) => {
  expect(names({ sort })[0]).toBe(first);
});

it("adds up an instance's containers, with its limit", () => {
  const langfuse = rows({ by: "instance" }).find(({ name }) => name === "shared-langfuse");
  expect(langfuse).toMatchObject({
    ...{ service: "langfuse", node: "shared", tenant: null, state: "healthy" },
    ...{ cpuCores: 0.75, memoryBytes: 768 * mib, memoryLimitBytes: 2048 * mib, processes: 11 },
    ...{ networkReceiveBytesPerSecond: 100, networkTransmitBytesPerSecond: 3 },
  });
});

it("adds up tenants over all nodes; what is nobody's is shared, what is no instance stands by itself", () => {
  expect(rows({ by: "tenant" }).map(({ name, tenant, cpuCores }) => [name, tenant, cpuCores])).toEqual([
    ["shared", null, 0.75],
    ["user1", "user1", 0.3],
    ["somebody-elses", null, 0.01],
    ["user2", "user2", null],
  ]);
});

it("has nodes by their own numbers, not by the sum of their containers", () => {
  expect(rows({ by: "node" }).map(({ name, state, cpuCores }) => [name, state, cpuCores])).toEqual([
    ["shared", "online", 1],
    ["user1", "online", 0.6],
    ["user2", "offline", null],
  ]);
  expect(names({ by: "node", node: "user1" })).toEqual(["user1"]);
  expect(names({ by: "node", tenant: "user2" })).toEqual(["user2"]);
});

it("shows what was asked for only", () => {
  expect(names({ tenant: "user1" })).toEqual(["user1-n8n", "user1-flowise"]);
  expect(names({ tenant: "shared" })).toEqual(["shared-langfuse-worker", "shared-langfuse", "somebody-elses"]);
  expect(names({ node: "user2" })).toEqual(["user2-n8n"]);
  expect(names({ filter: "worker" })).toEqual(["shared-langfuse-worker"]);
});

it("shows no number that is older than some seconds", () => {
  expect(rows({}, seenAt + 4999).some(({ cpuCores }) => cpuCores !== null)).toBe(true);
  expect(rows({}, seenAt + 5000).every(({ cpuCores, memoryBytes }) => cpuCores === null && memoryBytes === null)).toBe(
    true,
  );
});

it("knows no limit where one of an instance's containers has none", () => {
  const unlimited = {
    ...sharedSamples,
    node: "user1",
    containers: [{ name: "user1-n8n-extra", instance: "user1-n8n" }],
  };
  const frames = unlimited.frames.map((frame) => ({ ...frame, at: 2000, containers: [frame.containers[2] ?? null] }));
  const both = { ...unlimited, frames, containers: [...user1Samples.containers.slice(0, 1), ...unlimited.containers] };
  both.frames = frames.map((frame) => ({
    ...frame,
    containers: [user1Samples.frames[0]?.containers[0] ?? null, ...frame.containers],
  }));
  const changed = withEvent(picture, { event: "samples", data: both }, seenAt);
  const [row] = topRows(changed, { by: "instance", sort: "cpu", filter: "user1-n8n" }, seenAt);
  expect(row).toMatchObject({ memoryBytes: 708 * mib, memoryLimitBytes: null });
});
