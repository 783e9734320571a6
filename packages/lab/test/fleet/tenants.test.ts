/** Tenants by command: added whole, held back, removed without a trace; bad input changes nothing. */
import { beforeAll, describe, expect, it } from "vitest";
import { runSchema } from "@berth/shared/api/runs";
import { routeListSchema } from "@berth/shared/api/routes";
import { fleetStatusSchema } from "@berth/shared/api/status";
import { tenantStatusSchema } from "@berth/shared/api/tenants";
import { planSchema } from "@berth/shared/operations/plan";
import * as z from "zod";
import { ensureController, stopController } from "../../src/demo/controller.ts";
import { waitFor } from "../../src/host/wait.ts";
import { everything, variable } from "./everything.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";
import { run } from "./runs.ts";

const changedSchema = planSchema.extend({ run: runSchema.nullable() });
const addMilliseconds = 600_000;
const key = "sk-or-v1-a-key-for-the-tests-alone";

let fleet: TestFleet;
let before: Record<string, unknown>;

beforeAll(async () => {
  fleet = await convergedExample();
  before = await everything(fleet);
});

describe("tenant add", () => {
  it("shows what it would do, and does nothing, under --plan", async () => {
    const { operations, run: started } = await fleet.json(changedSchema, ["tenant", "add", "user4", "--plan"]);
    expect(started).toBeNull();
    const ids = operations.map(({ id }) => id);
    for (const id of [
      "lxc.ensure/user4",
      "agent.ensure/user4",
      "firewall.ensure/shared",
      "firewall.ensure/user4",
      "database.ensure/user4_n8n",
      "collections.ensure/user4-openwebui",
      "buckets.ensure/user4",
      "instance.ensure/user4-flowise",
      "tenant.verify/user4",
    ]) {
      expect(ids).toContain(id);
    }
    expect(await everything(fleet)).toEqual(before);
  });

  it("makes a whole tenant, although the controller is stopped in the middle", async () => {
    const adding = ["tenant", "add", "user4", "--openrouter-key-file", "-"];
    const { run: added } = await fleet.json(changedSchema, [...adding, "--detach"], { input: `${key}\n` });
    await waitFor({
      what: "The LXC of user4",
      deadlineMs: 120_000,
      intervalMs: 200,
      check: async () => {
        const { steps } = await run(fleet, added?.id ?? 0);
        return steps.find(({ kind, state }) => kind === "lxc.ensure" && state === "succeeded");
      },
    });
    await stopController(fleet.lab);
    await ensureController(fleet.lab);
    // The same command again follows the run that goes on.
    const { exitCode, stdout } = await fleet.berth([...adding, "--json"], {
      input: `${key}\n`,
      deadlineMs: addMilliseconds,
    });
    expect(exitCode).toBe(0);
    expect(changedSchema.parse(JSON.parse(stdout))).toMatchObject({
      operations: [],
      run: { id: added?.id, state: "succeeded" },
    });

    const tenant = await fleet.json(tenantStatusSchema, ["tenant", "show", "user4"]);
    expect(tenant).toMatchObject({
      node: "user4",
      address: "10.0.6.14",
      state: "active",
      databases: ["user4_n8n", "user4_flowise"],
      buckets: ["user4-backups", "user4-uploads"],
      keys: ["openrouter"],
    });
    expect(tenant.collections).toContain("user4_openwebui_documents");
    expect(tenant.instances.map(({ state }) => state)).toEqual(["healthy", "healthy", "healthy"]);
    const guest = await fleet.guest("user4");
    expect(await variable(guest, "user4-openwebui", "OPENAI_API_KEYS")).toBe(key);
  });

  it("has published its routes, and they answer", async () => {
    const { exitCode, stdout } = await fleet.berth(["route", "list", "--json"]);
    expect(exitCode, stdout).toBe(0);
    const { routes } = routeListSchema.parse(JSON.parse(stdout));
    expect(routes.filter(({ tenant }) => tenant === "user4").map(({ host, state }) => [host, state])).toEqual(
      ["flowise", "n8n", "openwebui"].map((service) => [`test-user4-${service}.valuechainhackers.xyz`, "published"]),
    );
  });

  it("has nothing to do when it is asked for again, and refuses to be asked for otherwise", async () => {
    const again = await fleet.json(changedSchema, ["tenant", "add", "user4", "--openrouter-key-file", "-"], {
      input: `${key}\n`,
    });
    expect(again).toMatchObject({ operations: [], run: null });
    const elsewhere = await fleet.berth(["tenant", "add", "user4", "--node-address", "10.0.6.15"]);
    expect(elsewhere).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("exists at 10.0.6.14") });
    const adding = ["tenant", "add", "user4", "--openrouter-key-file", "-"];
    const otherKey = await fleet.berth(adding, { input: `${key}-2\n` });
    expect(otherKey).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("not the one that was given") });
  });
});

describe("tenant suspend and resume", () => {
  it("takes the instances and routes away and keeps what they hold, and brings them back", async () => {
    const guest = await fleet.guest("user4");
    await guest.run(["docker", "exec", "user4-n8n", "touch", "/home/node/.n8n/kept"]);
    await fleet.succeed(["tenant", "suspend", "user4"]);
    expect((await fleet.status()).instances.filter(({ tenant }) => tenant === "user4")).toEqual([]);
    const withdrawn = await fleet.json(routeListSchema, ["route", "list", "--untested"]);
    expect(withdrawn.routes.filter(({ tenant, state }) => tenant === "user4" && state === "published")).toEqual([]);

    await fleet.succeed(["tenant", "resume", "user4"], { deadlineMs: addMilliseconds });
    await guest.run(["docker", "exec", "user4-n8n", "test", "-e", "/home/node/.n8n/kept"]);
    const tenant = await fleet.json(tenantStatusSchema, ["tenant", "show", "user4"]);
    expect(tenant.instances.map(({ state }) => state)).toEqual(["healthy", "healthy", "healthy"]);
  });
});

describe("stop and start", () => {
  const suspended = { name: "user4-n8n", service: "n8n", node: "user4", tenant: "user4", withTenant: false };

  it("takes one instance and its route away, through an apply, and keeps what it holds", async () => {
    const guest = await fleet.guest("user4");
    await guest.run(["docker", "exec", "user4-n8n", "touch", "/home/node/.n8n/stopped"]);
    await fleet.succeed(["stop", "user4-n8n", "--yes"]);
    expect(await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).toMatchObject({ operations: [] });
    expect(await fleet.json(changedSchema, ["stop", "user4-n8n"])).toMatchObject({ operations: [], run: null });

    const status = await fleet.json(fleetStatusSchema, ["status"]);
    expect(status.suspended).toEqual([suspended]);
    const others = status.instances.filter(({ tenant }) => tenant === "user4");
    expect(others.map(({ name, state }) => [name, state]).toSorted()).toEqual([
      ["user4-flowise", "healthy"],
      ["user4-openwebui", "healthy"],
    ]);
    const { routes } = await fleet.json(routeListSchema, ["route", "list", "--untested"]);
    const published = routes.filter(({ tenant, state }) => tenant === "user4" && state === "published");
    expect(published.map(({ service }) => service).toSorted()).toEqual(["flowise", "openwebui"]);
  });

  it("refuses to stop what is needed, and to restart what is stopped, and changes nothing", async () => {
    const needed = await fleet.berth(["stop", "shared-postgres", "--yes"]);
    expect(needed).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("user4-flowise") });
    const restarted = await fleet.berth(["restart", "user4-n8n"]);
    expect(restarted).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("berth start user4-n8n") });
    expect((await fleet.json(fleetStatusSchema, ["status"])).suspended).toEqual([suspended]);
  });

  it("brings it back with what it had, and leaves nothing to do", async () => {
    await fleet.succeed(["start", "user4-n8n"], { deadlineMs: addMilliseconds });
    const guest = await fleet.guest("user4");
    await guest.run(["docker", "exec", "user4-n8n", "test", "-e", "/home/node/.n8n/stopped"]);
    const status = await fleet.json(fleetStatusSchema, ["status"]);
    expect(status.suspended).toBeUndefined();
    const own = status.instances.filter(({ tenant }) => tenant === "user4");
    expect(own.map(({ state }) => state)).toEqual(["healthy", "healthy", "healthy"]);
    expect(await fleet.json(changedSchema, ["start", "user4-n8n"])).toMatchObject({ operations: [], run: null });
    expect(await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).toMatchObject({ operations: [] });
  });
});

describe("tenant remove", () => {
  it("does nothing where nobody can be asked and nothing says yes", async () => {
    const { exitCode, stderr } = await fleet.berth(["tenant", "remove", "user4"]);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("Give --yes");
    expect((await fleet.json(tenantStatusSchema, ["tenant", "show", "user4"])).instances).toHaveLength(3);
  });

  it("keeps what it holds under --keep-data, tells where, and has nothing to do a second time", async () => {
    const keeping = ["tenant", "remove", "user4", "--keep-data", "--yes"];
    await fleet.succeed(keeping, { deadlineMs: addMilliseconds });
    expect(await fleet.json(tenantStatusSchema, ["tenant", "show", "user4"])).toMatchObject({
      ...{ state: "kept", node: "user4", address: "10.0.6.14", instances: [], keys: ["openrouter"] },
      databases: ["user4_n8n", "user4_flowise"],
      buckets: ["user4-backups", "user4-uploads"],
    });
    expect(await fleet.json(changedSchema, keeping)).toMatchObject({ operations: [], run: null });
    const taken = await fleet.berth(["tenant", "add", "user5", "--node-address", "10.0.6.14"]);
    expect(taken).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("10.0.6.14 is taken by node 'user4'") });
  });

  it("then leaves the fleet exactly as it was before the tenant was added", async () => {
    await fleet.succeed(["tenant", "remove", "user4", "--yes"], { deadlineMs: addMilliseconds });
    expect(await everything(fleet)).toEqual(before);
    expect(await fleet.json(planSchema, ["apply", fleet.file, "--plan"])).toEqual({ operations: [], warnings: [] });
  });
});

describe("bad input", () => {
  it.each<[string, string[], string]>([
    ["a taken address", ["add", "user9", "--node-address", "10.0.6.12"], "10.0.6.12 is taken by node 'user2'"],
    ["the address of the controller", ["add", "user9", "--node-address", "10.0.6.1"], "is taken"],
    ["an address of another network", ["add", "user9", "--node-address", "192.0.2.1"], "outside 10.0.6.0/24"],
    ["SQL for a name", ["add", "user1; DROP TABLE"], "must be 1 to 32 of a-z"],
    ["the name of what is shared", ["add", "shared"], "stands for the shared services"],
    ["the name of an instance", ["add", "user1-n8n"], "Tenant 'user1-n8n' cannot be added: 'user1-n8n' is the name of"],
    ["a name that is taken", ["add", "user1", "--node-address", "10.0.6.99"], "Tenant 'user1' exists at 10.0.6.11"],
    ["a tenant that is not there", ["remove", "nobody", "--yes"], "No tenant is named 'nobody'"],
  ])("%s gets a sentence and changes nothing", async (_, parameters, sentence) => {
    const { exitCode, stderr } = await fleet.berth(["tenant", ...parameters]);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(sentence);
  });

  it("a key of two lines gets a sentence, is not repeated, and changes nothing", async () => {
    const { exitCode, stderr } = await fleet.berth(["tenant", "set-key", "user1", "--file", "-"], {
      input: "sk-or-first\nsk-or-second\n",
    });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("must be one line");
    expect(stderr).not.toContain("sk-or");
  });

  it("has left everything as it was", async () => {
    expect(await everything(fleet)).toEqual(before);
    expect(z.unknown().parse(await fleet.json(planSchema, ["apply", fleet.file, "--plan"]))).toEqual({
      operations: [],
      warnings: [],
    });
  });
});
