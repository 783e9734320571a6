import { effectiveRules } from "@berth/shared/fleet/alert-rules";
import { alertsSchema } from "@berth/shared/fleet/alerts";
import { expect, test, vi } from "vitest";
import { nodeLabels, nodeOwnersOf } from "./labels.ts";
import { observe } from "./observe.ts";
import { healthy, node, status } from "./test-fixtures.ts";
import type { AlertView } from "./view.ts";

const tenant = (name: string) => ({ node: name, suspended: false, services: {} });

test("a tenant's node is the tenant's, and any other everybody's", () => {
  const view = { nodeOwners: nodeOwnersOf({ user1: tenant("one"), user2: tenant("two"), user3: tenant("two") }) };
  expect(["one", "two", "infra"].map((name) => nodeLabels(name, view).tenant)).toEqual(["user1", "user2", "shared"]);
});

test("a look at many nodes does not go through all tenants for each of them", () => {
  const names = Array.from({ length: 300 }, (_, index) => `user${index}`);
  const ownKeys = vi.fn(Reflect.ownKeys);
  const tenants = new Proxy<AlertView["tenants"]>(Object.fromEntries(names.map((name) => [name, tenant(name)])), {
    ownKeys,
  });
  const nodes = names.map((name) => node({ name, state: "offline" }));
  const { findings } = observe(effectiveRules(alertsSchema.parse({})), healthy({ tenants, status: status(nodes, []) }));
  expect(findings.filter(({ condition }) => condition === "bad").map(({ labels }) => labels.tenant)).toEqual(names);
  expect(ownKeys.mock.calls.length).toBeLessThan(5);
});
