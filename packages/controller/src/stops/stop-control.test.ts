import { catalog } from "@berth/shared/catalog/index";
import { setInFleet } from "@berth/shared/fleet/edit";
import { beforeEach, describe, expect, test } from "vitest";
import { planFleet } from "../plan/plan.ts";
import { unseenNode } from "../plan/observed.ts";
import { performAll } from "../plan/test-fixtures.ts";
import { desiredOf, example, ids, options, parsed, TenantWorld } from "../tenants/test-fixtures.ts";
import { createStops, type Stops } from "./stop-control.ts";

let world: TenantWorld;
let stops: Stops;

beforeEach(() => {
  world = new TenantWorld();
  stops = createStops({ control: { edit: world.edit }, catalogOf: () => catalog });
});

/** The text that was written is the desired state, and the fleet is as it says. */
function settle(): string {
  world.text = world.carriedOut.at(-1)?.text ?? world.text;
  const desired = desiredOf(parsed(world.text));
  world.observed = performAll(world.observed, planFleet(desired, world.observed).operations, () => 0);
  return world.text;
}

/** A store that does not run tells nothing of what is in it. */
function seesNoStore(): void {
  world.observed = { ...world.observed, needs: new Map() };
}

describe("stop", () => {
  test("takes the instance down, keeps its data, and says so in the fleet file alone", async () => {
    const { plan } = await stops.stop(["user1-n8n"], options);
    expect(plan.operations).toMatchObject([
      {
        id: "instance.remove/user1/user1-n8n",
        reason: "it is suspended; what it holds is kept",
        input: { volumes: false },
      },
    ]);
    const [written] = world.carriedOut;
    expect(written?.kind).toBe("instance.stop");
    expect(written?.text).toBe(setInFleet(example, ["tenants", "user1", "services", "n8n", "suspended"], true));
  });

  test("shuts the login out, which is told of some database of the server", async () => {
    const told = { exists: true, differences: ["pg_hba.conf differs from what Berth wrote"] };
    const needs = new Map([...world.observed.needs, ["database.ensure/user2_n8n", told]]);
    world.observed = { ...world.observed, needs };
    expect(ids(await stops.stop(["user1-n8n"], options))).toContain("database.ensure/user2_n8n");
  });

  test("leaves nothing to `berth apply`, and nothing to do a second time", async () => {
    await stops.stop(["user1-openwebui"], options);
    settle();
    expect(planFleet(desiredOf(parsed(world.text)), world.observed).operations).toEqual([]);
    expect(ids(await stops.stop(["user1-openwebui"], options))).toEqual([]);
    expect(world.carriedOut.at(-1)?.text).toBe(world.text);
  });

  test("carries on where it was interrupted", async () => {
    await stops.stop(["user1-n8n"], options);
    world.text = world.carriedOut[0]?.text ?? "";
    expect(ids(await stops.stop(["user1-n8n"], options))).toEqual(["instance.remove/user1/user1-n8n"]);
  });

  test("says that only the fleet file changes where nothing of the instance is seen, and nothing of it a second time", async () => {
    world.observed = { ...world.observed, nodes: new Map([...world.observed.nodes, ["user1", unseenNode]]) };
    const sentence = expect.stringMatching(/^only the fleet file changes, which says that user1-flowise is suspended/);
    const first = await stops.stop(["user1-flowise"], options);
    expect(ids(first)).toEqual([]);
    expect(first.plan.warnings).toContainEqual(sentence);
    world.text = world.carriedOut[0]?.text ?? "";
    expect((await stops.stop(["user1-flowise"], options)).plan.warnings).not.toContainEqual(sentence);
  });

  test("of what has no login leaves databases alone", async () => {
    const told = { exists: true, differences: ["pg_hba.conf differs from what Berth wrote"] };
    const needs = new Map([...world.observed.needs, ["database.ensure/user2_n8n", told]]);
    world.observed = { ...world.observed, needs };
    expect(ids(await stops.stop(["shared-ollama"], options))).toEqual(["instance.remove/shared/shared-ollama"]);
  });

  test("changes nothing for a dry run", async () => {
    await stops.stop(["user1-n8n"], { ...options, dryRun: true });
    expect(world.carriedOut).toEqual([]);
  });

  test("of what something needs that runs is refused, with its names", async () => {
    await expect(stops.stop(["shared-postgres"], options)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/^shared-postgres cannot be stopped: .*user1-n8n.* need it$/),
      hint: expect.stringMatching(/`berth stop .*user1-n8n.* shared-postgres`/),
    });
    expect(world.carriedOut).toEqual([]);
  });

  test("of what others are merely connected to tells of them, and leaves them as they are", async () => {
    const { plan } = await stops.stop(["shared-ollama"], options);
    expect(plan.warnings[0]).toMatch(/user1-openwebui.* use ollama and will be without it$/);
    expect(ids({ plan })).toEqual(["instance.remove/shared/shared-ollama"]);
  });

  test("takes replicas with it: the fleet file has one entry for them", async () => {
    const withNode = setInFleet(example, ["nodes", "gpu2"], { address: "10.0.6.77" });
    world.text = setInFleet(withNode, ["services", "shared", "ollama", "replicas"], ["gpu2"]);
    const placed = { hash: "a", version: "1", service: "ollama", state: "healthy" as const, drift: [] };
    const gpu2 = { ...unseenNode, agentOnline: true, instances: new Map([["shared-ollama-gpu2", placed]]) };
    world.observed = { ...world.observed, nodes: new Map([...world.observed.nodes, ["gpu2", gpu2]]) };
    expect(ids(await stops.stop(["shared-ollama-gpu2"], options)).toSorted()).toEqual([
      "instance.remove/gpu2/shared-ollama-gpu2",
      "instance.remove/shared/shared-ollama",
    ]);
  });

  test.each([
    ["user1-n9n", "not-found", "No instance is named 'user1-n9n'; did you mean 'user1-n8n'?"],
    ["user1", "not-found", "No instance is named 'user1'"],
  ])("does not know %s", async (name, code, message) => {
    await expect(stops.stop([name], options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test("leaves what rests with its tenant to the tenant", async () => {
    world.text = setInFleet(example, ["tenants", "user1", "suspended"], true);
    for (const change of [stops.stop, stops.start]) {
      await expect(change(["user1-n8n"], options)).rejects.toMatchObject({
        code: "conflict",
        hint: "`berth tenant resume user1` first",
      });
    }
  });
});

describe("start", () => {
  test("makes it again with what it needs, and leaves the file as it was before", async () => {
    await stops.stop(["user1-n8n"], options);
    settle();
    const { plan } = await stops.start(["user1-n8n"], options);
    expect(ids({ plan })).toContain("instance.ensure/user1-n8n");
    expect(plan.operations.filter(({ target }) => target.startsWith("user2"))).toEqual([]);
    expect(world.carriedOut.at(-1)).toMatchObject({ kind: "instance.start" });
    expect(parsed(settle())).toEqual(parsed(example));
    expect(ids(await stops.start(["user1-n8n"], options))).toEqual([]);
  });

  test("keeps what else the file says of it", async () => {
    const own = setInFleet(example, ["tenants", "user1", "services", "n8n"], { memory: "1GiB" });
    world.text = own;
    await stops.stop(["user1-n8n"], options);
    settle();
    await stops.start(["user1-n8n"], options);
    expect(parsed(settle())).toEqual(parsed(own));
  });

  test("without what it needs is refused, and with it is not", async () => {
    const needing = desiredOf(parsed(example)).instances.map(({ spec }) => spec.instance);
    await stops.stop(needing, options);
    settle();
    await expect(stops.start(["user1-n8n"], options)).rejects.toMatchObject({
      code: "conflict",
      message: "user1-n8n cannot be started without shared-postgres, which is suspended",
    });
    seesNoStore();
    const started = ids(await stops.start(["shared-postgres", "user1-n8n"], options));
    expect(started).toEqual(
      expect.arrayContaining([
        "instance.ensure/shared-postgres",
        "database.ensure/user1_n8n",
        "instance.ensure/user1-n8n",
      ]),
    );
    expect(started).not.toContain("instance.ensure/user2-n8n");
  });

  test("of a store brings what was asked of it meanwhile", async () => {
    await stops.stop(["shared-ollama"], options);
    settle();
    seesNoStore();
    expect(ids(await stops.start(["shared-ollama"], options))).toEqual(
      expect.arrayContaining(["instance.ensure/shared-ollama", "models.ensure/shared-ollama"]),
    );
  });
});
