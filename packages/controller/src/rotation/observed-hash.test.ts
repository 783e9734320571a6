import { expect, test, vi } from "vitest";
import type { Hub } from "../agents/types.ts";
import { observedHash } from "./observed-hash.ts";

const running: Awaited<ReturnType<Hub["observe"]>>["instances"][number] = {
  ...{ instance: "user1-n8n", service: "n8n", tenant: "user1", version: "2.41.3", hash: "of what runs" },
  ...{ state: "healthy", drift: [], containers: [] },
};
const online: Awaited<ReturnType<Hub["waitOnline"]>> = {
  ...{ node: "user1", state: "online", agentVersion: "0.1.0", protocol: null, outdated: false, lastSeen: 1 },
  ...{ connectedSince: 1, clockSkewMilliseconds: 0, facts: null, bootId: null, containersRunning: null },
  address: "10.0.6.11",
};
const look = (hub: Pick<Hub, "observe" | "waitOnline">, instance = "user1-n8n") =>
  observedHash(hub, { node: "user1", instance, signal: new AbortController().signal });

function hubWith(docker: "running" | "unreachable") {
  return {
    observe: vi.fn<Hub["observe"]>(async () => ({ instances: [running], images: [], docker })),
    waitOnline: vi.fn<Hub["waitOnline"]>(async () => online),
  };
}

test("is that of the instance, as the node tells it now", async () => {
  expect([await look(hubWith("running")), await look(hubWith("running"), "user1-flowise")]).toEqual([
    "of what runs",
    undefined,
  ]);
});

test("is none while the node's Docker engine does not answer", async () => {
  expect(await look(hubWith("unreachable"))).toBeUndefined();
});

test("nothing is taken for seen while the node's agent is away", async () => {
  const hub = hubWith("running");
  hub.waitOnline.mockRejectedValue(new Error("it is offline"));
  await expect(look(hub)).rejects.toThrow("it is offline");
  expect(hub.observe).not.toHaveBeenCalled();
});
