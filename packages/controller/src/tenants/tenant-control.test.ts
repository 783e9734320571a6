import { removeFromFleet, setInFleet } from "@berth/shared/fleet/edit";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { Secret } from "@berth/shared/secret";
import { beforeEach, describe, expect, test } from "vitest";
import { planFleet } from "../plan/plan.ts";
import { emptyWorld, performAll } from "../plan/test-fixtures.ts";
import { type Observed, unseenNode } from "../plan/observed.ts";
import type { TenantControl } from "./tenant-control.ts";
import { type CarriedOut, desiredOf, example, ids, options, parsed, runningRun, TenantWorld } from "./test-fixtures.ts";

let world: TenantWorld;
let control: TenantControl;
let carriedOut: CarriedOut[];

beforeEach(() => {
  world = new TenantWorld();
  ({ control, carriedOut } = world);
});

describe("add", () => {
  test("plans everything of the tenant and a look at it at last, and nothing of others but firewalls", async () => {
    const planned = ids(await control.add([{ name: "user4" }], { ...options, keys: {} }));
    expect(planned).toEqual(
      expect.arrayContaining(["lxc.ensure/user4", "agent.ensure/user4", "database.ensure/user4_n8n"]),
    );
    expect(planned.at(-1)).toBe("tenant.verify/user4");
    const foreign = planned.filter((id) => /user[123]|shared/.test(id));
    expect(foreign.toSorted()).toEqual(["shared", "user1", "user2", "user3"].map((node) => `firewall.ensure/${node}`));
  });

  test("looks at it even though somebody else's node is away", async () => {
    world.observed = { ...world.observed, nodes: new Map([...world.observed.nodes, ["user2", unseenNode]]) };
    const { plan } = await control.add([{ name: "user4" }], { ...options, keys: {} });
    expect(ids({ plan })).toContain("firewall.ensure/user2");
    const after = new Set(plan.operations.find(({ kind }) => kind === "tenant.verify")?.after);
    expect(after).toContain("instance.ensure/user4-n8n");
    for (const operation of plan.operations)
      if (after.has(operation.id)) for (const id of operation.after) after.add(id);
    expect([...after].filter((id) => id.includes("user2"))).toEqual([]);
  });

  test("gives each of them the key", async () => {
    await control.add([{ name: "user4" }, { name: "user5" }], { ...options, keys: { openrouter: "sk-or-1234" } });
    expect(carriedOut.map(({ given }) => given)).toEqual([
      [
        ["user4/openrouterKey", "sk-or-1234"],
        ["user5/openrouterKey", "sk-or-1234"],
      ],
    ]);
  });

  test("changes nothing for a dry run", async () => {
    await control.add([{ name: "user4" }], { account: "anna", dryRun: true, keys: { openrouter: "sk-or-1234" } });
    expect(carriedOut).toEqual([]);
  });

  test("does nothing for one that is there whole, and carries on with one that is not", async () => {
    expect(ids(await control.add([{ name: "user1", address: "10.0.6.11" }], { ...options, keys: {} }))).toEqual([]);
    expect(carriedOut).toEqual([]);
    const node = world.observed.nodes.get("user1");
    if (node === undefined || node.instances === "unseen") throw new Error("user1 was not seen");
    const less = new Map([...node.instances].filter(([name]) => name !== "user1-n8n"));
    world.observed = {
      ...world.observed,
      nodes: new Map([...world.observed.nodes, ["user1", { ...node, instances: less }]]),
    };
    expect(ids(await control.add([{ name: "user1" }], { ...options, keys: {} }))).toEqual([
      "instance.ensure/user1-n8n",
      "tenant.verify/user1",
    ]);
  });

  test("takes the same key again for one that is there, and refuses another in a sentence", async () => {
    world.secrets.set("user1/openrouterKey", "sk-or-1234");
    expect(ids(await control.add([{ name: "user1" }], { ...options, keys: { openrouter: "sk-or-1234" } }))).toEqual([]);
    for (const name of ["user1", "user2"]) {
      await expect(control.add([{ name }], { ...options, keys: { openrouter: "sk-or-9999" } })).rejects.toMatchObject({
        code: "conflict",
        message: `Tenant '${name}' exists, and its openrouterKey is not the one that was given`,
      });
    }
    expect(carriedOut).toEqual([]);
  });

  test("follows the run that is under way for them, and no other", async () => {
    world.underWay = runningRun("tenant.add", ["lxc.ensure/user3", "tenant.verify/user3"]);
    const followed = await control.add([{ name: "user3" }], { ...options, keys: {} });
    expect(followed).toMatchObject({ run: { id: 41 }, plan: { operations: [] } });
    expect(followed.plan.warnings).toEqual(["run 41 is under way and does this already"]);
    expect((await control.add([{ name: "user3" }, { name: "user2" }], { ...options, keys: {} })).run).toBeNull();
    expect((await control.add([{ name: "user3" }], { ...options, dryRun: true, keys: {} })).run).toBeNull();
    await expect(control.add([{ name: "user3", address: "10.0.6.99" }], { ...options, keys: {} })).rejects.toThrow(
      "Tenant 'user3' exists at 10.0.6.13",
    );
  });

  test.each([
    ["the name of an instance", { name: "user1-n8n" }, "'user1-n8n' is the name of an instance; choose another name"],
    ["an address of another network", { name: "user4", address: "192.0.2.1" }, "'192.0.2.1' is outside 10.0.6.0/24"],
  ])("tells of the tenant, and of no line of a file, that it has %s", async (_, tenant, sentence) => {
    await expect(control.add([tenant], { ...options, keys: {} })).rejects.toMatchObject({
      code: "request.invalid",
      message: expect.stringContaining(`Tenant '${tenant.name}' cannot be added: ${sentence}`),
    });
  });
});

/** The world once the fleet is as the text says. */
function perform(observed: Observed, next: string): Observed {
  return performAll(observed, planFleet(desiredOf(parsed(next)), observed).operations, () => 0);
}

describe("suspend and resume", () => {
  test("take the instances down and keep what they hold", async () => {
    const suspension = await control.suspend("user2", options);
    expect(ids(suspension).toSorted()).toEqual(
      ["flowise", "n8n", "openwebui"].map((service) => `instance.remove/user2/user2-${service}`),
    );
    expect(suspension.plan.operations.every(({ input }) => "volumes" in input && !input.volumes)).toBe(true);
    expect(parsed(carriedOut[0]?.text ?? "").tenants["user2"]?.suspended).toBe(true);
  });

  test("resume leaves the file as it was before", async () => {
    await control.suspend("user2", options);
    world.text = carriedOut[0]?.text ?? "";
    await control.resume("user2", options);
    expect(parsed(carriedOut[1]?.text ?? "")).toEqual(parsed(example));
  });

  test("leave those alone whose names begin alike", async () => {
    const text = example.replaceAll("user3", "user2-x");
    const fleet = desiredOf(parsed(text));
    world.observed = performAll(emptyWorld(fleet), planFleet(fleet, emptyWorld(fleet)).operations, () => 0);
    world.text = setInFleet(text, ["tenants", "user2-x", "suspended"], true);
    expect(ids(await control.suspend("user2", options)).filter((id) => id.includes("user2-x"))).toEqual([]);
    expect(ids(await control.suspend("user2-x", options)).toSorted()).toEqual(
      ["flowise", "n8n", "openwebui"].map((service) => `instance.remove/user2-x/user2-x-${service}`),
    );
  });

  test("shut the tenant's logins out, which is told of some database of the server", async () => {
    const told = { exists: true, differences: ["pg_hba.conf differs from what Berth wrote"] };
    world.observed = {
      ...world.observed,
      needs: new Map([...world.observed.needs, ["database.ensure/shared_langfuse", told]]),
    };
    expect(ids(await control.suspend("user2", options))).toContain("database.ensure/shared_langfuse");
    expect(ids(await control.remove("user2", { ...options, keepData: true, backup: true }))).toContain(
      "database.ensure/shared_langfuse",
    );
  });
});

describe("remove", () => {
  const removing = { ...options, keepData: false, backup: true };
  const copying: PlannedOperation<"image.ensure"> = {
    id: "image.ensure/user3/restic",
    kind: "image.ensure",
    change: "create",
    node: "user3",
    target: "restic",
    reason: "for the final backup",
    after: [],
    input: { node: "user3", image: "restic", registryCa: null },
  };

  test("touches nothing before the final backup is made", async () => {
    world.finalBackup = [copying];
    const { plan } = await control.remove("user3", removing);
    expect(ids({ plan })[0]).toBe(copying.id);
    for (const { id, after } of plan.operations.slice(1)) expect([id, after[0]]).toEqual([id, copying.id]);
    expect(plan.operations.map(({ kind }) => kind)).toContain("firewall.ensure");
  });

  test("makes no backup where nothing is removed, or none is wanted", async () => {
    world.finalBackup = [copying];
    expect(ids(await control.remove("user3", { ...removing, backup: false }))).not.toContain(copying.id);
    expect(ids(await control.remove("user2", { ...removing, keepData: true }))).not.toContain(copying.id);
  });

  test("says so where the fleet has no backups", async () => {
    world.finalBackup = [copying];
    world.text = removeFromFleet(world.text, ["backups"]);
    const { plan } = await control.remove("user3", removing);
    expect(plan.warnings[0]).toContain("no backup is made of it");
    expect(ids({ plan })).not.toContain(copying.id);
  });

  test("writes the fleet without it, and does what is to be removed", async () => {
    const { plan } = await control.remove("user3", { ...options, keepData: false, backup: true });
    expect(ids({ plan })).toEqual(expect.arrayContaining(["lxc.remove/user3", "secrets.remove/user3"]));
    expect(Object.keys(parsed(carriedOut[0]?.text ?? "").tenants)).toEqual(["user1", "user2"]);
  });

  test("names the tenants that there are when there is none of that name", async () => {
    await expect(control.remove("user9", { ...options, keepData: false, backup: true })).rejects.toMatchObject({
      code: "not-found",
      hint: "The fleet's tenants are user1, user2, user3",
    });
  });
});

describe("a key", () => {
  test("is the tenant's alone, and for one that is there", async () => {
    const planned = await control.setKey("user1", "openrouter", new Secret("sk-or-1234"), "anna");
    expect(ids(planned)).toEqual(["tenant.verify/user1"]);
    expect(carriedOut.map(({ given }) => given)).toEqual([[["user1/openrouterKey", "sk-or-1234"]]]);
    await expect(control.setKey("user9", "openrouter", new Secret("sk-or-1234"), "anna")).rejects.toThrow("No tenant");
    expect(carriedOut).toHaveLength(1);
  });

  test("of a suspended tenant waits for it: nothing of it answers", async () => {
    await control.suspend("user1", options);
    world.text = carriedOut[0]?.text ?? "";
    world.observed = perform(world.observed, world.text);
    expect(ids(await control.setKey("user1", "openrouter", new Secret("sk-or-1234"), "anna"))).toEqual([]);
  });
});
