import { expect, test } from "vitest";
import { BerthError } from "@berth/shared/errors";
import type { Observation } from "@berth/shared/protocol/state";
import { exampleDesired } from "../plan/test-fixtures.ts";
import { unseenNode } from "../plan/observed.ts";
import { observeFleet } from "./observe.ts";

const desired = exampleDesired();
const empty: Observation = { instances: [], images: ["a:1"], docker: "running" };
const postgres: Observation["instances"][number] = {
  instance: "shared-postgres",
  service: "postgres",
  tenant: null,
  version: "15.18",
  hash: "h",
  state: "healthy",
  drift: [],
  containers: [],
};
const lxc = {
  vmid: 110,
  status: "running" as const,
  cores: 8,
  memoryBytes: 1,
  swapBytes: 0,
  diskBytes: 1,
  features: ["nesting"],
  address: "10.0.6.10",
};
const specifications = () => Promise.resolve(new Map());

test("a node that does not answer and a Proxmox that fails cost their own part, and are told", async () => {
  const observed = await observeFleet(desired, {
    lxcs: () => Promise.reject(new BerthError("proxmox.failed", "connect ECONNREFUSED")),
    node: (name) =>
      name === "user1"
        ? Promise.reject(new BerthError("deadline.exceeded", "no observation in 5 s"))
        : Promise.resolve(empty),
    specifications,
    needs: () => Promise.reject(new Error("must not be asked: no server runs")),
  });
  expect(observed.nodes.get("user1")).toEqual({
    lxc: "unseen",
    agentOnline: false,
    images: "unseen",
    knowsDigests: false,
    instances: "unseen",
    firewall: "unseen",
  });
  expect(observed.nodes.get("user2")).toEqual({
    lxc: "unseen",
    agentOnline: true,
    images: new Set(["a:1"]),
    knowsDigests: false,
    instances: new Map(),
    firewall: null,
  });
  expect(observed.warnings).toEqual([
    "Proxmox 'pve' could not be asked, its LXCs were not compared: connect ECONNREFUSED",
    "Node 'user1' did not answer: no observation in 5 s",
  ]);
});

test("databases are asked of a server that runs, all of a server at once", async () => {
  const asked: string[][] = [];
  const observed = await observeFleet(desired, {
    lxcs: () => Promise.resolve(new Map([["shared", lxc]])),
    node: (name) => Promise.resolve(name === "shared" ? { ...empty, instances: [postgres] } : null),
    specifications,
    needs: (server, needs) => {
      asked.push([server, ...needs.map((need) => need.target)]);
      return Promise.resolve(new Map(needs.map((need) => [need.target, { exists: false, differences: [] }])));
    },
  });
  expect(asked).toEqual([
    [
      "shared-postgres",
      "shared_langfuse",
      "user1_n8n",
      "user1_flowise",
      "user2_n8n",
      "user2_flowise",
      "user3_n8n",
      "user3_flowise",
    ],
  ]);
  expect(observed.needs.size).toBe(7);
  expect(observed.nodes.get("shared")?.lxc).toEqual(lxc);
  expect(observed.nodes.get("user3")).toEqual({ ...unseenNode, lxc: null });
});
