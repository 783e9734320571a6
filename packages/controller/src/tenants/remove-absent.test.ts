import { removeFromFleet } from "@berth/shared/fleet/edit";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { beforeEach, describe, expect, test } from "vitest";
import { planFleet } from "../plan/plan.ts";
import { performAll } from "../plan/test-fixtures.ts";
import { type CarriedOut, desiredOf, example, ids, options, parsed, runningRun, TenantWorld } from "./test-fixtures.ts";
import type { TenantControl } from "./tenant-control.ts";

const secretsRemoval: PlannedOperation<"secrets.remove"> = {
  id: "secrets.remove/user3",
  kind: "secrets.remove",
  change: "remove",
  node: null,
  target: "user3",
  reason: "its tenant is removed",
  after: ["lxc.remove/user3"],
  input: { tenant: "user3", owners: ["user3"] },
};
const withoutTenant = removeFromFleet(example, ["tenants", "user3"]);
const withoutNode = removeFromFleet(withoutTenant, ["nodes", "user3"]);
const everything = { ...options, keepData: false, backup: true };

let world: TenantWorld;
let control: TenantControl;
let carriedOut: CarriedOut[];

/** user3 has left the fleet. */
beforeEach(() => {
  world = new TenantWorld();
  world.text = withoutTenant;
  ({ control, carriedOut } = world);
});

describe("a removal that did not come to its end", () => {
  beforeEach(() => {
    world.unfinished = { run: 12, operations: [secretsRemoval] };
  });

  test("is carried on with what it has left, whatever came since", async () => {
    const { plan } = await control.remove("user3", everything);
    expect(ids({ plan })).toContain("secrets.remove/user3");
    expect(plan.warnings).toContain("run 12 has begun to remove it: this is what it has left");
    expect(carriedOut.map((run) => [run.kind, run.text])).toEqual([["tenant.remove", withoutTenant]]);
  });

  test("keeps no data any more", async () => {
    await expect(control.remove("user3", { ...options, keepData: true, backup: true })).rejects.toThrow(
      "Run 12 has begun to remove tenant 'user3' with its data",
    );
    expect(carriedOut).toEqual([]);
  });

  test("is followed while it is under way, unless it is only asked what is left", async () => {
    world.underWay = runningRun("tenant.remove", ["lxc.remove/user3", "secrets.remove/user3"]);
    expect(await control.remove("user3", everything)).toMatchObject({ run: { id: 41 }, plan: { operations: [] } });
    expect(ids(await control.remove("user3", { ...everything, dryRun: true }))).toContain("secrets.remove/user3");
  });
});

describe("a tenant whose data were kept", () => {
  beforeEach(() => {
    world.secrets.set("user3-n8n/encryptionKey", "x");
    world.secrets.set("user3/bucketsSecretKey", "x");
  });

  test("is removed with its LXC and all that it has left, and its node leaves the fleet", async () => {
    const planned = ids(await control.remove("user3", everything));
    expect(planned).toEqual(
      expect.arrayContaining([
        "lxc.remove/user3",
        "database.remove/user3_n8n",
        "buckets.remove/user3",
        "secrets.remove/user3",
      ]),
    );
    expect(planned.filter((id) => /user[12]/.test(id) && !id.startsWith("firewall."))).toEqual([]);
    expect(carriedOut.map(({ text }) => text)).toEqual([withoutNode]);
  });

  test("is removed from the stores when its node has left the fleet", async () => {
    world.text = withoutNode;
    const { plan } = await control.remove("user3", everything);
    expect(ids({ plan })).toEqual(expect.arrayContaining(["database.remove/user3_n8n", "secrets.remove/user3"]));
    expect(plan.operations.filter(({ node }) => node === "user3")).toEqual([]);
    expect(carriedOut.map(({ text }) => text)).toEqual([withoutNode]);
  });

  test("is kept again without anything to do, but for instances that were not reached", async () => {
    const keeping = { ...options, keepData: true, backup: true };
    const fleet = desiredOf(parsed(withoutTenant));
    world.observed = performAll(world.observed, planFleet(fleet, world.observed).operations, () => 0);
    expect(ids(await control.remove("user3", keeping))).toEqual([]);
    world.instances.add("user3-n8n");
    expect(ids(await control.remove("user3", keeping))).toEqual(["instance.remove/user3/user3-n8n"]);
    world.underWay = runningRun("tenant.remove", ["instance.remove/user3/user3-n8n"]);
    expect((await control.remove("user3", keeping)).run?.id).toBe(41);
    expect((await control.remove("user3", everything)).run).toBeNull();
  });

  test("is found again by adding it, where it was; nobody else gets its node", async () => {
    await control.add([{ name: "user3" }], { ...options, keys: {} });
    expect(parsed(carriedOut[0]?.text ?? "").tenants["user3"]?.node).toBe("user3");
    await expect(control.add([{ name: "user4", node: "user3" }], { ...options, keys: {} })).rejects.toThrow(
      "Node 'user3' keeps what tenant 'user3' has left",
    );
    await expect(control.add([{ name: "user4", address: "10.0.6.13" }], { ...options, keys: {} })).rejects.toThrow(
      "10.0.6.13 is taken by node 'user3'",
    );
  });
});

test("a tenant that has left nothing is not there", async () => {
  await expect(control.remove("user3", everything)).rejects.toMatchObject({
    code: "not-found",
    hint: "The fleet's tenants are user1, user2",
  });
});

test("a fleet without PostgreSQL can let a tenant go, too: services that need it were none of its", async () => {
  world.text = `fleet: small
domain: example.org
controller: { address: 10.0.6.1 }
nodes: { one: { address: 10.0.6.10, ssh: false } }
tenants: { user1: { node: one } }
services: { tenant: { openwebui: } }
`;
  const planned = ids(await control.remove("user1", everything));
  expect(planned).toEqual(expect.arrayContaining(["instance.remove/one/user1-openwebui", "secrets.remove/user1"]));
  expect(planned.filter((id) => id.includes("n8n"))).toEqual([]);
});
