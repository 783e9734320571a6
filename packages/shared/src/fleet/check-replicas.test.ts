import { describe, expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { checkReplicas } from "./check-replicas.ts";
import { placements } from "./instances.ts";
import { fleetSchema, type Fleet } from "./schema.ts";

function fleetWith(shared: Record<string, { node: string; replicas?: string[] }>): Fleet {
  return fleetSchema.parse({
    fleet: "replicas",
    domain: "example.org",
    controller: { address: "10.0.6.1" },
    nodes: { shared: { address: "10.0.6.10" }, gpu2: { address: "10.0.6.20" }, gpu3: { address: "10.0.6.21" } },
    services: { shared },
  });
}

test("a service that keeps nothing is placed on each of its nodes", () => {
  const fleet = fleetWith({ ollama: { node: "shared", replicas: ["gpu2", "gpu3"] } });
  expect(checkReplicas(fleet, catalog)).toEqual([]);
  expect(placements(fleet, catalog).map(({ instance, node, tenant }) => [instance, node, tenant])).toEqual([
    ["shared-ollama", "shared", null],
    ["shared-ollama-gpu2", "gpu2", null],
    ["shared-ollama-gpu3", "gpu3", null],
  ]);
});

describe("is refused", () => {
  test.each([
    ["postgres", "what one PostgreSQL keeps, another would not have"],
    ["searxng", "each SearXNG would have secrets of its own"],
  ])("%s", (name, reason) => {
    expect(checkReplicas(fleetWith({ [name]: { node: "shared", replicas: ["gpu2"] } }), catalog)).toEqual([
      { path: ["services", "shared", name, "replicas"], message: `'${name}' runs once: ${reason}`, at: "key" },
    ]);
  });

  test.each([
    [["gpu4"], 0, "no node is named 'gpu4'; did you mean 'gpu2'?"],
    [["shared"], 0, "node 'shared' runs it already"],
    [["gpu2", "gpu2"], 1, "node 'gpu2' runs it already"],
  ])("replicas %j", (replicas, index, message) => {
    expect(checkReplicas(fleetWith({ ollama: { node: "shared", replicas } }), catalog)).toEqual([
      { path: ["services", "shared", "ollama", "replicas", index], message },
    ]);
  });
});
