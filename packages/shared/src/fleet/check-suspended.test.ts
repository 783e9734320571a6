import { expect, test } from "vitest";
import { catalog } from "../catalog/index.ts";
import { awake, isSuspended } from "./awake.ts";
import { bereft, checkSuspended } from "./check-suspended.ts";
import { fleetSchema, type FleetInput } from "./schema.ts";

const fleetWith = (tenants: FleetInput["tenants"], postgres = {}) =>
  fleetSchema.parse({
    fleet: "resting",
    domain: "example.org",
    controller: { address: "10.0.6.1" },
    nodes: { shared: { address: "10.0.6.10" }, user1: { address: "10.0.6.11" }, user2: { address: "10.0.6.12" } },
    services: { shared: { postgres: { node: "shared", ...postgres } }, tenant: { n8n: {} } },
    tenants,
  });
const resting = { services: { n8n: { suspended: true } } };

test("a shared service rests only when nothing that runs needs it", () => {
  const tenants = { user1: { node: "user1" }, user2: { node: "user2" } };
  expect(checkSuspended(fleetWith(tenants), catalog)).toEqual([]);
  const stopped = { suspended: true };
  expect(checkSuspended(fleetWith(tenants, stopped), catalog)).toEqual([
    {
      path: ["services", "shared", "postgres", "suspended"],
      message: "'postgres' cannot be suspended: user1-n8n, user2-n8n need it and would run",
    },
  ]);
  const one = { user1: { node: "user1", ...resting }, user2: { node: "user2" } };
  expect([...bereft(fleetWith(one, stopped), catalog)]).toEqual([["postgres", ["user2-n8n"]]]);
  const none = { user1: { node: "user1", ...resting }, user2: { node: "user2", suspended: true } };
  expect(checkSuspended(fleetWith(none, stopped), catalog)).toEqual([]);
});

test("awake is the fleet with nothing suspended", () => {
  const fleet = fleetWith({ user1: { node: "user1", ...resting }, user2: { node: "user2", suspended: true } });
  const names = [
    { tenant: "user1", service: "n8n" },
    { tenant: "user2", service: "n8n" },
    { tenant: null, service: "postgres" },
  ];
  expect(names.map((name) => isSuspended(fleet, name))).toEqual([true, true, false]);
  expect(names.map((name) => isSuspended(awake(fleet), name))).toEqual([false, false, false]);
});
