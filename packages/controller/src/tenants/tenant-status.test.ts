import { removeFromFleet } from "@berth/shared/fleet/edit";
import { catalog } from "@berth/shared/catalog/index";
import { expect, test } from "vitest";
import { keptTenants } from "./kept.ts";
import { withEveryService } from "./removal.ts";
import { keptStatus } from "./tenant-status.ts";
import { desiredOf, example, parsed } from "./test-fixtures.ts";

test("a tenant that was removed but for its data is told with where they are, and what of it is left", () => {
  const specifications = desiredOf(parsed(example)).instances.map(({ spec }) => spec);
  const fleet = parsed(removeFromFleet(example, ["tenants", "user3"]));
  const left = new Set(["user3", "user3-n8n"]);
  const hasSecrets = (owner: string) => left.has(owner);
  const [kept, ...others] = keptTenants(fleet, specifications, hasSecrets);
  expect(others).toEqual([]);
  if (kept === undefined) throw new Error("user3 was not found");
  const parts = {
    fleet,
    instances: [],
    everything: (of: typeof fleet) => desiredOf(withEveryService(of, catalog)),
    hasSecret: (name: string) => name === "user3/openrouterKey",
    hasSecrets,
  };
  expect(keptStatus(kept, false, parts)).toEqual({
    name: "user3",
    node: "user3",
    address: "10.0.6.13",
    state: "kept",
    instances: [],
    databases: ["user3_n8n"],
    collections: [],
    buckets: ["user3-backups", "user3-uploads"],
    keys: ["openrouter"],
    hosts: [],
  });
  expect(keptStatus(kept, true, parts).state).toBe("removing");
});

test("nothing is left of tenants whose secrets are gone, nor of those in the fleet", () => {
  const fleet = parsed(example);
  const specifications = desiredOf(fleet).instances.map(({ spec }) => spec);
  expect(keptTenants(fleet, specifications, () => true)).toEqual([]);
  const without = parsed(removeFromFleet(example, ["tenants", "user3"]));
  expect(keptTenants(without, specifications, () => false)).toEqual([]);
});
