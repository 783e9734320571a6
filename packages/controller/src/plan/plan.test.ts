import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { operations } from "@berth/shared/operations/index";
import type { Observed, ObservedLxc, ObservedNode } from "./observed.ts";
import { planFleet } from "./plan.ts";
import { emptyWorld, exampleDesired, performAll } from "./test-fixtures.ts";

const desired = exampleDesired();
const converged = performAll(emptyWorld(desired), planFleet(desired, emptyWorld(desired)).operations, () => 0);

function changeNode(world: Observed, name: string, change: Partial<ObservedNode>): Observed {
  const node = world.nodes.get(name);
  if (node === undefined) throw new Error(name);
  return { ...world, nodes: new Map([...world.nodes, [name, { ...node, ...change }]]) };
}

function changeInstance(world: Observed, node: string, instance: string, change: object): Observed {
  const instances = world.nodes.get(node)?.instances;
  if (instances === undefined || instances === "unseen") throw new Error(node);
  const placed = instances.get(instance);
  if (placed === undefined) throw new Error(instance);
  return changeNode(world, node, { instances: new Map([...instances, [instance, { ...placed, ...change }]]) });
}

function changeLxc(world: Observed, name: string, change: Partial<ObservedLxc>): Observed {
  const lxc = world.nodes.get(name)?.lxc;
  if (lxc === undefined || lxc === null || lxc === "unseen") throw new Error(name);
  return changeNode(world, name, { lxc: { ...lxc, ...change } });
}

function summary(plan: { operations: PlannedOperation[] }): string[] {
  return plan.operations.map(({ id, change, reason }) => `${change} ${id}: ${reason}`);
}

describe("from nothing", () => {
  const plan = planFleet(desired, emptyWorld(desired));

  test("every LXC, agent, image, database and instance is made, each after what it needs", () => {
    const targets = (kind: string) => plan.operations.filter((one) => one.kind === kind).map(({ target }) => target);
    const nodes = ["shared", "user1", "user2", "user3"];
    for (const kind of ["lxc.ensure", "agent.ensure", "firewall.ensure"]) expect(targets(kind)).toEqual(nodes);
    expect(targets("instance.ensure")).toEqual(desired.instances.map(({ spec }) => spec.instance));
    expect(targets("database.ensure")).toEqual(
      expect.arrayContaining(["user1", "user2", "user3"].flatMap((tenant) => [`${tenant}_n8n`, `${tenant}_flowise`])),
    );
    const n8n = plan.operations.find(({ id }) => id === "instance.ensure/user1-n8n");
    expect(n8n).toMatchObject({ change: "create", node: "user1", reason: "does not exist" });
    expect(n8n?.after).toEqual([
      "agent.ensure/user1",
      "image.ensure/user1/docker.io/n8nio/n8n:2.41.1",
      "database.ensure/user1_n8n",
      "instance.ensure/shared-postgres",
      "instance.ensure/shared-ollama",
      "firewall.ensure/user1",
      "firewall.ensure/shared",
    ]);
  });

  test("inputs fit the operations' schemas, and hold no secret", () => {
    for (const { kind, input } of plan.operations) expect(operations[kind].input.parse(input)).toEqual(input);
    const n8n = plan.operations.find(({ id }) => id === "instance.ensure/user1-n8n");
    expect(JSON.stringify(n8n?.input)).toContain('"DB_POSTGRESDB_PASSWORD":"${secret:user1-n8n/database@1}"');
  });

  test("a user's environment has the design document's values under the names the images read", () => {
    const spec = desired.instances.find((instance) => instance.spec.instance === "user2-n8n")?.spec;
    expect(spec?.containers[0]).toMatchObject({
      ports: [{ container: 5678, host: 5678 }],
      env: {
        DB_POSTGRESDB_HOST: "10.0.6.10",
        DB_POSTGRESDB_DATABASE: "user2_n8n",
        DB_POSTGRESDB_USER: "user2_n8n",
      },
    });
  });
});

describe("a converged fleet", () => {
  test("plans nothing", () => {
    expect(planFleet(desired, converged)).toEqual({ operations: [], warnings: [] });
  });

  test.each([
    [
      "an unhealthy instance",
      changeInstance(converged, "user1", "user1-n8n", { state: "unhealthy" }),
      ["repair instance.ensure/user1-n8n: is unhealthy"],
    ],
    [
      "a stopped one",
      changeInstance(converged, "user1", "user1-n8n", { state: "stopped" }),
      ["start instance.ensure/user1-n8n: is stopped"],
    ],
    [
      "drift",
      changeInstance(converged, "user1", "user1-n8n", { drift: ["memory limit 2GiB"] }),
      ["repair instance.ensure/user1-n8n: drifted: memory limit 2GiB"],
    ],
    [
      "an older version",
      changeInstance(converged, "user1", "user1-n8n", { hash: "x", version: "2.40.0" }),
      ["update instance.ensure/user1-n8n: version 2.40.0 -> 2.41.1"],
    ],
    [
      "an agent away",
      changeNode(converged, "user2", { agentOnline: false }),
      ["repair agent.ensure/user2: agent is not connected"],
    ],
    ["fewer cores", changeLxc(converged, "user2", { cores: 1 }), ["update lxc.ensure/user2: cores 1 -> 2"]],
    [
      "another address, swap and features",
      changeLxc(converged, "user2", { address: "10.0.6.99", swapBytes: 1024 ** 3, features: [] }),
      ["update lxc.ensure/user2: swap 1GiB -> 0KiB, address 10.0.6.99 -> 10.0.6.12, features none -> nesting"],
    ],
    [
      "one that starts",
      changeInstance(converged, "user1", "user1-n8n", { state: "starting" }),
      ["start instance.ensure/user1-n8n: is starting"],
    ],
    [
      "a database open to others",
      {
        ...converged,
        needs: new Map([
          ...converged.needs,
          ["database.ensure/user1_n8n", { exists: true, differences: ["PUBLIC may connect"] }],
        ]),
      },
      ["repair database.ensure/user1_n8n: PUBLIC may connect"],
    ],
  ])("%s is mended alone", (_, world, expected) => {
    expect(summary(planFleet(desired, world))).toEqual(expected);
  });

  test("an LXC destroyed behind Berth's back comes back with all it had", () => {
    const world = changeNode(converged, "user3", { lxc: null, agentOnline: false });
    expect(summary(planFleet(desired, world))).toEqual([
      "create lxc.ensure/user3: does not exist",
      "create agent.ensure/user3: new node",
      "create firewall.ensure/user3: new node",
      "create image.ensure/user3/ghcr.io/open-webui/open-webui:v0.11.2: is not on the node",
      "create instance.ensure/user3-openwebui: does not exist",
      "create image.ensure/user3/docker.io/n8nio/n8n:2.41.1: is not on the node",
      "create instance.ensure/user3-n8n: does not exist",
      "create image.ensure/user3/docker.io/flowiseai/flowise:3.1.4: is not on the node",
      "create instance.ensure/user3-flowise: does not exist",
    ]);
  });

  test("what nothing asks for is told, and removed only under prune", () => {
    const instances = converged.nodes.get("user1")?.instances;
    if (instances === undefined || instances === "unseen") throw new Error("user1 was not seen");
    const stray = { hash: "x", version: "1", service: "n8n", state: "healthy" as const, drift: [] };
    const world = changeNode(converged, "user1", { instances: new Map([...instances, ["user9-n8n", stray]]) });
    expect(planFleet(desired, world)).toEqual({
      operations: [],
      warnings: ["instance 'user9-n8n' runs on node 'user1' though nothing asks for it; --prune removes it"],
    });
    const pruned = planFleet(desired, world, { prune: true });
    expect(summary(pruned)).toEqual([
      "remove instance.remove/user1/user9-n8n: nothing asks for it; its volumes and databases are kept",
    ]);
    expect(
      planFleet(
        desired,
        performAll(world, pruned.operations, () => 0),
      ),
    ).toEqual({ operations: [], warnings: [] });
  });

  test("a new secret version changes the instances that use it, and no other", () => {
    const rotated = exampleDesired({ secretVersion: (name) => (name === "user1-n8n/database" ? 2 : 1) });
    expect(summary(planFleet(rotated, converged))).toEqual([
      "update instance.ensure/user1-n8n: env DB_POSTGRESDB_PASSWORD changed, env DB_POSTGRESDB_USER changed",
    ]);
  });

  test("a changed specification is told by its parts, and without any when what ran is not on record", () => {
    const wanted = exampleDesired();
    const spec = wanted.instances.find((instance) => instance.spec.instance === "user1-n8n")?.spec;
    const [container] = spec?.containers ?? [];
    if (spec === undefined || container === undefined) throw new Error("user1-n8n");
    spec.hash = "new";
    container.memoryBytes = 2 * 1024 ** 3;
    container.ports = [{ container: 5678, host: 80 }];
    container.env = { ...container.env, DB_TYPE: "sqlite", EXTRA: "hunter2" };
    expect(summary(planFleet(wanted, converged))).toEqual([
      "update instance.ensure/user1-n8n: memory 1280MiB -> 2GiB, ports 5678 -> 80:5678, env DB_TYPE changed, env EXTRA added",
    ]);
    expect(summary(planFleet(wanted, { ...converged, specifications: new Map() }))).toEqual([
      "update instance.ensure/user1-n8n: specification changed",
    ]);
  });

  test("a node that cannot be seen is said to be so, and nothing is said to be missing there", () => {
    const world = changeLxc(converged, "user2", { status: "stopped" });
    const stopped = changeNode(world, "user2", { agentOnline: false, images: "unseen", instances: "unseen" });
    const plan = planFleet(desired, stopped);
    expect(summary(plan)).toEqual([
      "start lxc.ensure/user2: is stopped",
      "repair agent.ensure/user2: agent is not connected",
      "repair image.ensure/user2/ghcr.io/open-webui/open-webui:v0.11.2: cannot be seen",
      "repair instance.ensure/user2-openwebui: cannot be seen",
      "repair image.ensure/user2/docker.io/n8nio/n8n:2.41.1: cannot be seen",
      "repair instance.ensure/user2-n8n: cannot be seen",
      "repair image.ensure/user2/docker.io/flowiseai/flowise:3.1.4: cannot be seen",
      "repair instance.ensure/user2-flowise: cannot be seen",
    ]);
    expect(plan.warnings).toEqual([
      "node 'user2' cannot be seen: what is there is looked at when its turn comes, and kept if it is right",
    ]);
  });

  test("a disk larger than asked for stays, and that is told", () => {
    expect(planFleet(desired, changeLxc(converged, "user2", { diskBytes: 30 * 1024 ** 3 }))).toEqual({
      operations: [],
      warnings: ["the disk of LXC 'user2' stays at 30GiB: it cannot shrink to 20GiB"],
    });
  });
});

describe("properties", () => {
  /** The converged world with parts of it gone, stopped, edited or unseen. */
  const worlds = fc
    .array(
      fc.record({
        node: fc.constantFrom("shared", "user1", "user2", "user3"),
        damage: fc.integer({ min: 0, max: 5 }),
        which: fc.nat(2),
      }),
      { maxLength: 8 },
    )
    .map((damages) => damages.reduce(damaged, converged));

  function damaged(
    world: Observed,
    { node, damage, which }: { node: string; damage: number; which: number },
  ): Observed {
    const seen = world.nodes.get(node);
    if (seen === undefined || seen.instances === "unseen") return world;
    const instance = [...seen.instances.keys()][which];
    switch (damage) {
      case 0:
        return changeNode(world, node, { lxc: null, agentOnline: false, images: "unseen", instances: "unseen" });
      case 1:
        return changeNode(world, node, { agentOnline: false });
      case 2:
        return changeNode(world, node, { images: new Set() });
      case 3:
        return instance === undefined ? world : changeInstance(world, node, instance, { state: "missing" });
      case 4:
        return instance === undefined ? world : changeInstance(world, node, instance, { hash: "other" });
      default:
        return { ...world, needs: new Map([...world.needs].slice(which)) };
    }
  }

  test("performing a plan in any order that respects the graph converges, always to the same world", () => {
    fc.assert(
      fc.property(worlds, fc.infiniteStream(fc.nat()), (world, picks) => {
        const plan = planFleet(desired, world);
        const result = performAll(world, plan.operations, (ready) => (picks.next().value ?? 0) % Math.max(ready, 1));
        expect(planFleet(desired, result)).toEqual({ operations: [], warnings: [] });
        expect(statesOf(result)).toEqual(statesOf(performAll(world, plan.operations, () => 0)));
      }),
      { numRuns: 300 },
    );
  });

  test("ids are unique and every dependency is in the plan", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { operations: planned } = planFleet(desired, world);
        const ids = planned.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        for (const { after } of planned) for (const id of after) expect(ids).toContain(id);
      }),
    );
  });

  function statesOf(world: Observed): unknown {
    const nodes = [...world.nodes].map(([name, { instances, agentOnline }]) => [
      name,
      agentOnline,
      instances === "unseen" ? [] : [...instances].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ]);
    return { nodes, needs: [...world.needs].toSorted(([a], [b]) => (a < b ? -1 : 1)) };
  }
});
