import { expect, test } from "vitest";
import { desiredState } from "../plan/desired.ts";
import { desiredOptions, exampleDesired, exampleFleet } from "../plan/test-fixtures.ts";
import { checkGraph } from "../runs/graph.ts";
import { planRestart } from "./plan-restart.ts";

const fleet = exampleFleet();
const desired = exampleDesired();
const restarted = (...names: string[]) => planRestart(names, fleet, desired).operations.map(({ target }) => target);

test("instances by name, those of a tenant together, and each once", () => {
  expect(restarted("user1-n8n")).toEqual(["user1-n8n"]);
  expect(restarted("user2", "shared-redis", "user2-n8n").toSorted()).toEqual([
    "shared-redis",
    "user2-flowise",
    "user2-n8n",
    "user2-openwebui",
  ]);
});

test("each on its node", () => {
  const plan = planRestart(["user1", "user2"], fleet, desired);
  checkGraph(plan.operations);
  for (const { node, target, input } of plan.operations) {
    expect(input).toEqual({ node, instance: target });
    expect(target.startsWith(`${node}-`)).toBe(true);
  }
});

test("what is not there is refused, and so is all of it", () => {
  expect(() => restarted("user1-n8n", "user9")).toThrow("No instance or tenant that runs is named 'user9'");
});

test("a suspended tenant is not started by the way", () => {
  const tenants = { ...fleet.tenants, user1: { ...fleet.tenants["user1"]!, suspended: true } };
  const suspended = { ...fleet, tenants };
  const plan = () => planRestart(["user1"], suspended, desiredState(suspended, desiredOptions));
  expect(plan).toThrow("user1 is suspended");
});

test("nor is a suspended instance, and its tenant's others are", () => {
  const user1 = { ...fleet.tenants["user1"]!, services: { n8n: { env: {}, suspended: true } } };
  const suspended = { ...fleet, tenants: { ...fleet.tenants, user1 } };
  const plan = (name: string) => planRestart([name], suspended, desiredState(suspended, desiredOptions));
  expect(() => plan("user1-n8n")).toThrow("user1-n8n is suspended");
  expect(plan("user1").operations.map(({ target }) => target)).not.toContain("user1-n8n");
  expect(plan("user1").operations).not.toHaveLength(0);
});
