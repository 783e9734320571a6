import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { setInFleet } from "@berth/shared/fleet/edit";
import { operations } from "@berth/shared/operations/index";
import type { PlannedOperation } from "@berth/shared/operations/plan";
import { checkGraph } from "../runs/graph.ts";
import { runningRun } from "../tenants/test-fixtures.ts";
import type { BesideRequest } from "./restore-beside.ts";
import { by, TestWorld } from "./test-world.ts";

let world: TestWorld;
const beside: BesideRequest = { of: "user1", as: { name: "user9" } };

beforeEach(async () => {
  world = await TestWorld.open();
  await world.makeBackup("user1");
});
afterEach(async () => {
  await world.close();
  expect(world.failures).toEqual([]);
});

async function planned(request = beside): Promise<PlannedOperation[]> {
  const { plan } = await world.control.restoreBeside(request, by);
  expect(() => checkGraph(plan.operations)).not.toThrow();
  for (const { kind, input } of plan.operations) expect(operations[kind].input.safeParse(input).error).toBeUndefined();
  return plan.operations;
}

/** All that comes before an operation, however far. */
function before(plan: readonly PlannedOperation[], id: string): Set<string> {
  const found = new Set(plan.find((operation) => operation.id === id)?.after);
  for (const one of found)
    for (const next of plan.find((operation) => operation.id === one)?.after ?? []) found.add(next);
  return found;
}

function restoreOf(plan: readonly PlannedOperation[], subject: string) {
  const found = plan.find(({ id }) => id === `backup.restore/${subject}`);
  if (found?.kind !== "backup.restore") throw new Error(`Nothing restores ${subject}`);
  return found;
}

describe("a tenant beside", () => {
  test("is taken in and filled in one run, before anything of it starts", async () => {
    const plan = await planned();
    const ids = plan.map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining(["lxc.ensure/user9", "agent.ensure/user9", "database.ensure/user9_n8n"]),
    );
    const restores = ids.filter((id) => id.startsWith("backup.restore/"));
    expect(restores.toSorted()).toEqual(
      ["user9", "user9-flowise", "user9-n8n", "user9-openwebui"].map((subject) => `backup.restore/${subject}`),
    );
    expect(ids.filter((id) => /backup\.create|user1(?!$)/.test(id))).toEqual([]);
    const restoring = before(plan, "backup.restore/user9-n8n");
    for (const first of ["agent.ensure/user9", "database.ensure/user9_n8n", "buckets.ensure/user9"])
      expect(restoring).toContain(first);
    const starting = before(plan, "instance.ensure/user9-n8n");
    expect([...starting]).toEqual(expect.arrayContaining(["backup.restore/user9-n8n", "backup.restore/user9"]));
    const looking = before(plan, "tenant.verify/user9");
    for (const id of restores) expect(looking).toContain(id);
  });

  test("gets each thing under its own name, read from the other one's repository on its own node", async () => {
    const plan = await planned();
    const n8n = restoreOf(plan, "user9-n8n");
    expect(n8n.node).toBe("user9");
    expect(n8n.input).toMatchObject({ subject: "user9-n8n", from: "user1-n8n", repository: { owner: "user1" } });
    expect(n8n.input.repository.password).toBe("${secret:backup-user1/password@1}");
    expect(n8n.input.parts.map(({ source, renamed }) => [source, renamed])).toMatchObject([
      [{ kind: "volume", volume: "user9-n8n-data" }, undefined],
      [{ kind: "database", database: "user9_n8n", user: "user9_n8n" }, undefined],
    ]);
    const [, collections] = restoreOf(plan, "user9-openwebui").input.parts;
    expect(collections?.renamed).toHaveProperty("user1_openwebui_documents", "user9_openwebui_documents");
    const [buckets] = restoreOf(plan, "user9").input.parts;
    expect(buckets?.renamed).toHaveProperty("user1-uploads", "user9-uploads");
    expect(buckets?.source).toMatchObject({ accessKey: "berth-user9" });
  });

  test("is given the keys that the data are encrypted with", async () => {
    await planned();
    const [{ given, kind, text } = { given: [], kind: "", text: "" }] = world.tenants.carriedOut;
    expect(kind).toBe("backup.restore");
    expect(text).toContain("user9:");
    const key = world.secrets.reveal("user1-n8n/encryptionKey").reveal();
    expect(given).toContainEqual(["user9-n8n/encryptionKey", key]);
    expect(given.every(([name]) => name.startsWith("user9-"))).toBe(true);
  });

  test("runs what the other one runs, and lives where it is told", async () => {
    world.tenants.text = setInFleet(world.tenants.text, ["tenants", "user1", "services"], {
      n8n: { version: "2.39.0" },
    });
    const plan = await planned({ of: "user1", as: { name: "user9", address: "10.0.6.99" } });
    expect(plan.find(({ id }) => id === "lxc.ensure/user9")?.input).toMatchObject({ address: "10.0.6.99" });
    const n8n = plan.find(({ id }) => id === "instance.ensure/user9-n8n");
    expect(n8n?.input).toMatchObject({ version: "2.39.0" });
  });

  test("may be one that was removed, under another name", async () => {
    const { user1: _, ...tenants } = world.fleet.tenants;
    world.fleet = { ...world.fleet, tenants };
    expect(restoreOf(await planned(), "user9-n8n").input.from).toBe("user1-n8n");
  });

  test("is only planned under --plan", async () => {
    const { plan } = await world.control.restoreBeside(beside, { ...by, dryRun: true });
    expect(plan.operations.length).toBeGreaterThan(10);
    expect(world.tenants.carriedOut).toEqual([]);
  });
});

describe("refused with a sentence, and nothing changed", () => {
  test.each([
    [{ of: "user1", as: { name: "user2" } }, "conflict", "Tenant 'user2' exists"],
    [{ of: "user1", as: { name: "user1" } }, "request.invalid", "--as names user1 itself"],
    [{ of: "user1", as: { name: "shared" } }, "conflict", "it cannot be a tenant"],
    [{ of: "user2", as: { name: "user9" } }, "not-found", "There is no complete backup of user2"],
    [{ of: "user1-n8n", as: { name: "user9" } }, "request.invalid", "user1-n8n is no tenant"],
    [{ of: "user1", as: { name: "user9", address: "10.0.6.12" } }, "conflict", "10.0.6.12 is taken"],
    [{ of: "user1", as: { name: "user9" }, backup: "none" }, "not-found", "There is no backup none"],
  ])("%j", async (request, code, message) => {
    await expect(world.control.restoreBeside(request, by)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(world.tenants.carriedOut).toEqual([]);
  });

  test("a name whose former tenant has left something", async () => {
    world.kept = [{ name: "user9", node: "user9", instances: ["user9-n8n"] }];
    await expect(world.control.restoreBeside(beside, by)).rejects.toThrow(
      "What tenant 'user9' has left is still there",
    );
  });
});

test("asked for again, it follows the run that goes on", async () => {
  world.underWay = runningRun("backup.restore", ["backup.restore/user9", "tenant.verify/user9"]);
  const { plan, run } = await world.control.restoreBeside(beside, by);
  expect(run?.id).toBe(41);
  expect(plan.warnings).toEqual(["run 41 is under way and does this already"]);
});
