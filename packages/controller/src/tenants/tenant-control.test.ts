import { readFileSync } from "node:fs";
import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import type { Fleet } from "@berth/shared/fleet/schema";
import { removeFromFleet, setInFleet } from "@berth/shared/fleet/edit";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { Secret } from "@berth/shared/secret";
import { beforeEach, describe, expect, test } from "vitest";
import { desiredState } from "../plan/desired.ts";
import { linkPresent, planFleet, planPart } from "../plan/plan.ts";
import { desiredOptions, emptyWorld, performAll } from "../plan/test-fixtures.ts";
import { type Observed, unseenNode } from "../plan/observed.ts";
import { withEveryService } from "./removal.ts";
import { createTenantControl, type TenantControl } from "./tenant-control.ts";
import type { UnfinishedRemoval } from "./unfinished-removal.ts";

const example = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");

function parsed(text: string): Fleet {
  const { fleet, problems } = parseFleet(text, "fleet.yaml", catalog);
  if (fleet === null) throw new Error(JSON.stringify(problems));
  return fleet;
}

const desiredOf = (fleet: Fleet) => desiredState(fleet, desiredOptions);
const present = desiredOf(parsed(example));
const converged = performAll(emptyWorld(present), planFleet(present, emptyWorld(present)).operations, () => 0);

/** What would be written and carried out. */
interface CarriedOut {
  text: string;
  kind: string;
  given: [string, string][];
}

let text: string;
let world: Observed;
let carriedOut: CarriedOut[];
let unfinished: UnfinishedRemoval | null;
let control: TenantControl;

/** The planner is real; a run is only noted. */
beforeEach(() => {
  text = example;
  world = converged;
  carriedOut = [];
  unfinished = null;
  const current = () => ({ fleet: parsed(text), yaml: text, file: "fleet.yaml" });
  control = createTenantControl({
    control: {
      edit: async (edit, { only, given = new Map<string, Secret>(), kind, dryRun = false }) => {
        const { text: next, besides = () => [] } = edit(current());
        const fleet = parsed(next);
        const desired = desiredOf(fleet);
        const part = planPart(planFleet(desired, withNodes(world, fleet)), (operation) => only(operation, desired));
        const operations = linkPresent([...part.operations, ...besides(part, desired)]);
        if (!dryRun) {
          const revealed = [...given].map(([name, value]): [string, string] => [name, value.reveal()]);
          carriedOut.push({ text: next, kind, given: revealed });
        }
        return { plan: { ...part, operations }, run: null };
      },
    },
    store: { current: async () => current() },
    everything: (fleet) => desiredOf(withEveryService(fleet, catalog)),
    hasSecrets: () => false,
    unfinishedRemoval: async () => unfinished,
  });
});

/** Nodes that a plan names and nobody has made yet. */
function withNodes(observed: Observed, fleet: Fleet): Observed {
  const made = emptyWorld(desiredOf(fleet)).nodes;
  return { ...observed, nodes: new Map([...made, ...observed.nodes]) };
}

const options = { account: "anna", dryRun: false };
const ids = ({ plan }: { plan: { operations: { id: string }[] } }) => plan.operations.map(({ id }) => id);

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
    world = { ...world, nodes: new Map([...world.nodes, ["user2", unseenNode]]) };
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

  test("refuses one that is there whole, and carries on with one that is not", async () => {
    await expect(control.add([{ name: "user1" }], { ...options, keys: {} })).rejects.toThrow("exists already");
    const instances = world.nodes.get("user1")?.instances;
    if (instances === undefined || instances === "unseen") throw new Error("user1 was not seen");
    const less = new Map([...instances].filter(([name]) => name !== "user1-n8n"));
    const node = { ...(world.nodes.get("user1") ?? emptyNode()), instances: less };
    world = { ...world, nodes: new Map([...world.nodes, ["user1", node]]) };
    expect(ids(await control.add([{ name: "user1" }], { ...options, keys: {} }))).toEqual([
      "instance.ensure/user1-n8n",
      "tenant.verify/user1",
    ]);
  });
});

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

/** The world once the fleet is as the text says. */
function perform(observed: Observed, next: string): Observed {
  return performAll(observed, planFleet(desiredOf(parsed(next)), observed).operations, () => 0);
}

function emptyNode(): never {
  throw new Error("The world has no node user1");
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
    text = carriedOut[0]?.text ?? "";
    await control.resume("user2", options);
    expect(parsed(carriedOut[1]?.text ?? "")).toEqual(parsed(example));
  });

  test("leave those alone whose names begin alike", async () => {
    text = example.replaceAll("user3", "user2-x");
    const fleet = desiredOf(parsed(text));
    world = performAll(emptyWorld(fleet), planFleet(fleet, emptyWorld(fleet)).operations, () => 0);
    text = setInFleet(text, ["tenants", "user2-x", "suspended"], true);
    expect(ids(await control.suspend("user2", options)).filter((id) => id.includes("user2-x"))).toEqual([]);
    expect(ids(await control.suspend("user2-x", options)).toSorted()).toEqual(
      ["flowise", "n8n", "openwebui"].map((service) => `instance.remove/user2-x/user2-x-${service}`),
    );
  });

  test("shut the tenant's logins out, which is told of some database of the server", async () => {
    const told = { exists: true, differences: ["pg_hba.conf differs from what Berth wrote"] };
    world = { ...world, needs: new Map([...world.needs, ["database.ensure/shared_langfuse", told]]) };
    expect(ids(await control.suspend("user2", options))).toContain("database.ensure/shared_langfuse");
    expect(ids(await control.remove("user2", { ...options, keepData: true }))).toContain(
      "database.ensure/shared_langfuse",
    );
  });
});

describe("remove", () => {
  test("carries on with what an earlier one has left, whatever came since", async () => {
    text = removeFromFleet(example, ["tenants", "user3"]);
    unfinished = { run: 12, operations: [secretsRemoval] };
    const { plan } = await control.remove("user3", { ...options, keepData: false });
    expect(plan.operations.map(({ id }) => id)).toContain("secrets.remove/user3");
    expect(plan.warnings).toContain("run 12 has begun to remove it: this is what it has left");
    expect(carriedOut.map((run) => [run.kind, run.text])).toEqual([["tenant.remove", text]]);
  });

  test("keeps no data of one that was begun to be removed with them", async () => {
    text = removeFromFleet(example, ["tenants", "user3"]);
    unfinished = { run: 12, operations: [secretsRemoval] };
    await expect(control.remove("user3", { ...options, keepData: true })).rejects.toThrow(
      "Run 12 has begun to remove tenant 'user3' with its data",
    );
    expect(carriedOut).toEqual([]);
  });

  test("writes the fleet without it, and does what is to be removed", async () => {
    const { plan } = await control.remove("user3", { ...options, keepData: false });
    expect(ids({ plan })).toEqual(expect.arrayContaining(["lxc.remove/user3", "secrets.remove/user3"]));
    expect(Object.keys(parsed(carriedOut[0]?.text ?? "").tenants)).toEqual(["user1", "user2"]);
  });

  test("names the tenants that there are when there is none of that name", async () => {
    await expect(control.remove("user9", { ...options, keepData: false })).rejects.toMatchObject({
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
    text = carriedOut[0]?.text ?? "";
    world = perform(world, text);
    expect(ids(await control.setKey("user1", "openrouter", new Secret("sk-or-1234"), "anna"))).toEqual([]);
  });
});
