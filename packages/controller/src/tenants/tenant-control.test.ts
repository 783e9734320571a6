import { readFileSync } from "node:fs";
import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import type { Fleet } from "@berth/shared/fleet/schema";
import { Secret } from "@berth/shared/secret";
import { beforeEach, describe, expect, test } from "vitest";
import type { Replacement } from "../apply/apply.ts";
import { desiredState } from "../plan/desired.ts";
import { planFleet, planPart } from "../plan/plan.ts";
import { desiredOptions, emptyWorld, performAll } from "../plan/test-fixtures.ts";
import type { Observed } from "../plan/observed.ts";
import { createTenantControl, type TenantControl } from "./tenant-control.ts";

const example = readFileSync(new URL("../../../../examples/valuechain/fleet.yaml", import.meta.url), "utf8");

function parsed(text: string): Fleet {
  const { fleet, problems } = parseFleet(text, "fleet.yaml", catalog);
  if (fleet === null) throw new Error(JSON.stringify(problems));
  return fleet;
}

const desiredOf = (fleet: Fleet) => desiredState(fleet, desiredOptions);
const present = desiredOf(parsed(example));
const converged = performAll(emptyWorld(present), planFleet(present, emptyWorld(present)).operations, () => 0);

let text: string;
let world: Observed;
let carriedOut: { text: string; options: Replacement }[];
let secrets: Map<string, string>;
let resumed: number[];
let unfinished: number | null;
let control: TenantControl;

/** The planner is real; a run is only noted. */
beforeEach(() => {
  text = example;
  world = converged;
  carriedOut = [];
  secrets = new Map();
  resumed = [];
  unfinished = null;
  control = createTenantControl({
    control: {
      replace: async (next, options) => {
        const fleet = parsed(next);
        const plan = planPart(planFleet(desiredOf(fleet), withNodes(world, fleet)), options.only);
        const whole = { ...plan, operations: [...plan.operations, ...(options.besides ?? [])] };
        if (options.dryRun !== true) carriedOut.push({ text: next, options });
        return { plan: whole, run: null };
      },
    },
    store: {
      parse: parsed,
      current: async () => ({ fleet: parsed(text), yaml: text, file: "fleet.yaml" }),
      require: async () => parsed(text),
    },
    desired: desiredOf,
    putSecret: async (name, value) => secrets.set(name, value.reveal()),
    unfinishedRemoval: async () => unfinished,
    resume: async (run) => {
      resumed.push(run);
      throw new Error("carried on");
    },
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
    expect(foreign.every((id) => id.startsWith("firewall.ensure/"))).toBe(true);
  });

  test("keeps the key before the run needs it", async () => {
    await control.add([{ name: "user4" }], { ...options, keys: { openrouter: "sk-or-1234" } });
    expect([...secrets]).toEqual([["user4/openrouterKey", "sk-or-1234"]]);
  });

  test("changes nothing for a dry run", async () => {
    await control.add([{ name: "user4" }], { account: "anna", dryRun: true, keys: { openrouter: "sk-or-1234" } });
    expect(carriedOut).toEqual([]);
    expect(secrets.size).toBe(0);
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
});

describe("remove", () => {
  test("carries on with a removal that was interrupted", async () => {
    text = example.replace("  user3: { node: user3 }\n", "");
    unfinished = 12;
    await expect(control.remove("user3", { ...options, keepData: false })).rejects.toThrow("carried on");
    expect(resumed).toEqual([12]);
  });

  test("names the tenants that there are when there is none of that name", async () => {
    await expect(control.remove("user9", { ...options, keepData: false })).rejects.toMatchObject({
      code: "not-found",
      hint: "The fleet's tenants are user1, user2, user3",
    });
  });
});

test("a key is kept for the tenant alone, and for one that is there", async () => {
  await control.setKey("user1", "openrouter", new Secret("sk-or-1234"), "anna");
  expect([...secrets]).toEqual([["user1/openrouterKey", "sk-or-1234"]]);
  await expect(control.setKey("user9", "openrouter", new Secret("sk-or-1234"), "anna")).rejects.toThrow("No tenant");
});
