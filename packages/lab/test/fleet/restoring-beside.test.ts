/** A tenant comes back beside, under a new name, and the one that it was made of is left alone. */
import { listBackups } from "@berth/shared/api/backups";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convergedExample, isPatient, type TestFleet } from "./fixture.ts";
import { allMarks, leaveMarks, readMarks } from "./marks.ts";

const long = { deadlineMs: 1_200_000 };

let fleet: TestFleet;

beforeAll(async () => {
  fleet = await convergedExample();
});

afterAll(async () => {
  await fleet.berth(["tenant", "remove", "user9", "--no-backup", "--yes"], long);
});

describe("a tenant restored under a new name", () => {
  it("has its own node, databases, collections and buckets, with what the other one had", async () => {
    await leaveMarks(fleet, "user3", "before");
    await fleet.succeed(["backup", "create", "user3"]);
    await leaveMarks(fleet, "user3", "after");
    const restore = ["restore", "user3", "--as", "user9", "--node-address", "10.0.6.19"];
    expect(await fleet.succeed([...restore, "--plan"])).toContain("user9");
    await fleet.succeed(restore, long);
    expect(await readMarks(fleet, "user9")).toEqual(allMarks("before"));
    expect(await readMarks(fleet, "user3")).toEqual(allMarks("after"));
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
    const kept = await readMarks(fleet, "user9");
    await leaveMarks(fleet, "user9", "later");
    await fleet.succeed(["restore", "--all", "--yes"], long);
    expect(await readMarks(fleet, "user9")).toEqual(kept);
    expect(await readMarks(fleet, "user3")).toEqual(allMarks("before"));
  });
});
