/** A tenant comes back beside, under a new name, and the one that it was made of is left alone. */
import { listBackups } from "@berth/shared/api/backups";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { runOnStores } from "./everything.ts";
import { convergedExample, isPatient, type TestFleet } from "./fixture.ts";

const file = "/app/backend/data/kept mark.txt";
const long = { deadlineMs: 1_200_000 };
const marksSchema = z.object({ object: z.string().nullable(), point: z.string().nullable() });

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await convergedExample();
});

afterAll(async () => {
  await fleet.berth(["tenant", "remove", "user9", "--no-backup", "--yes"], long);
});

describe("a tenant restored under a new name", () => {
  it("has its own node, databases, collections and buckets, with what the other one had", async () => {
    await leaveMarks("user3", "before");
    await fleet.succeed(["backup", "create", "user3"]);
    await leaveMarks("user3", "after");
    const restore = ["restore", "user3", "--as", "user9", "--node-address", "10.0.6.19"];
    expect(await fleet.succeed([...restore, "--plan"])).toContain("user9");
    await fleet.succeed(restore, long);
    expect(await marks("user9")).toEqual({ file: "before", row: "before", object: "before", point: "before" });
    expect(await marks("user3")).toEqual({ file: "after", row: "after", object: "after", point: "after" });
    const own = (await fleet.status()).instances.filter(({ tenant }) => tenant === "user9");
    expect(own.map(({ name, state }) => `${name} ${state}`).toSorted()).toEqual([
      "user9-flowise healthy",
      "user9-n8n healthy",
      "user9-openwebui healthy",
    ]);
  });

  it("proves the backup that it came from, and is backed up into a repository of its own", async () => {
    const { backups } = await fleet.json(listBackups.response, ["backup", "list", "user3"]);
    expect(backups[0]?.provenAt).not.toBeNull();
    await fleet.succeed(["backup", "create", "user9"]);
    const { backups: own } = await fleet.json(listBackups.response, ["backup", "list", "user9"]);
    expect(own[0]).toMatchObject({ owner: "user9", state: "complete" });
    expect(own[0]?.secrets.map(({ secret }) => secret)).toContain("user9-n8n/encryptionKey");
  });

  it("refuses a name that is taken, and changes nothing", async () => {
    const before = await fleet.succeed(["fleet", "export"]);
    const { exitCode, stderr } = await fleet.berth(["restore", "user3", "--as", "user9"]);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 4, stderr: expect.stringContaining("'user9' exists") });
    expect(await fleet.succeed(["fleet", "export"])).toBe(before);
  });
});

describe.skipIf(!isPatient)("everything", () => {
  it("comes back from the newest backups of each owner", async () => {
    const kept = await marks("user9");
    await leaveMarks("user9", "later");
    await fleet.succeed(["restore", "--all", "--yes"], long);
    expect(await marks("user9")).toEqual(kept);
    expect(await marks("user3")).toEqual({ file: "before", row: "before", object: "before", point: "before" });
  });
});

/** Leaves a text in a volume, a database, a bucket and a collection of the tenant. */
async function leaveMarks(tenant: string, mark: string): Promise<void> {
  const guest = await fleet.guest(tenant);
  await guest.run(["docker", "exec", `${tenant}-openwebui`, "sh", "-c", `printf %s ${mark} > '${file}'`]);
  await psql(tenant, `drop table if exists mark; create table mark as select '${mark}'::text as mark`);
  await runOnStores(fleet, await fleet.guest("shared"), "mark-stores.ts", { ...storesOf(tenant), mark });
}

async function marks(tenant: string) {
  const guest = await fleet.guest(tenant);
  const { exitCode, stdout } = await guest.try(["docker", "exec", `${tenant}-openwebui`, "cat", file]);
  const stores = { ...storesOf(tenant), mark: null };
  const found = await runOnStores(fleet, await fleet.guest("shared"), "mark-stores.ts", stores);
  return {
    file: exitCode === 0 ? stdout : null,
    row: (await psql(tenant, "select mark from mark")).trim(),
    ...marksSchema.parse(JSON.parse(found)),
  };
}

function storesOf(tenant: string) {
  return { bucket: `${tenant}-uploads`, collection: `${tenant}_openwebui_documents` };
}

/** As the instance itself: the table is its own, as all that it makes. */
function psql(tenant: string, statement: string): Promise<string> {
  const asOwner = `set role ${tenant}_n8n; ${statement}`;
  const client = ["psql", "-U", "postgres", "-d", `${tenant}_n8n`, "-qAtc", asOwner];
  return fleet.succeed(["exec", "shared-postgres", "--", ...client]);
}
