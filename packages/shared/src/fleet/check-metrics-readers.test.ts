import { expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { parseFleet } from "./parse.ts";
import { formatProblem } from "./problem.ts";

function problemsOf(controller: string, node: string, more = ""): string[] {
  const text = `fleet: test
domain: example.org
controller: { address: ${controller} }
nodes: { shared: { address: 10.0.6.10 }, user1: { address: 10.0.6.11 } }
tenants: { user1: { node: user1 } }
services: { shared: { prometheus: { node: ${node} } } }
${more}`;
  return parseFleet(text, "fleet.yaml", catalog).problems.map(formatProblem);
}

test("Prometheus stands on a node without a tenant, from where it reaches the controller", () => {
  expect(problemsOf("10.0.6.1", "shared")).toEqual([]);
  expect(problemsOf("10.0.6.1", "user1")).toEqual([
    "fleet.yaml:6:43: services.shared.prometheus.node: 'user1' is the node of tenant 'user1', from which no container reaches the controller, and 'prometheus' reads its metrics; choose a node without a tenant",
  ]);
});

test("on one machine with the controller, or without the firewall, it may stand on a tenant's", () => {
  expect(problemsOf("10.0.6.11", "user1")).toEqual([]);
  expect(problemsOf("10.0.6.1", "user1", "firewall: { enabled: false }\n")).toEqual([]);
});
