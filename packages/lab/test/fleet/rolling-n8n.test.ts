/** The real n8n over a real PostgreSQL, through versions of its own: what its API has made is there and readable after each. */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ensureImages } from "../../src/images/ensure-images.ts";
import { runInNamespace } from "../../src/network/namespace.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";
import {
  addresses,
  askedVersions,
  expectConverged,
  expectNothingLeft,
  latestMoves,
  removeWithVolumes,
  runningVersions,
  upgrade,
  withOverrides,
} from "./rolling.ts";

const older = "2.40.7";
const newer = "2.41.1";
/** It migrates like the newer one, and dies of it. */
const dying = "2.41.2-dies";
const database = "user1_n8n";
const program = join(import.meta.dirname, "n8n-session.ts");
const heldSchema = z.object({
  workflows: z.record(z.string(), z.boolean()),
  credentials: z.record(z.string(), z.string()),
});

let fleet: TestFleet;
let password: string;
/** How many migrations the older version has. */
let migrations: number;

beforeAll(async () => {
  await ensureImages({ references: [`n8nio/n8n:${older}`, `n8nio/n8n:${dying}`] });
  fleet = await convergedExample();
  // n8n has no way back either: its data begin again, with the version that they are to come from.
  await removeWithVolumes(fleet, "n8n", ["user1"]);
  // The connections of an instance that has just gone are still there for a moment.
  await psql("postgres", `drop database ${database} with (force)`);
  const applied = await fleet.apply(withOverrides(fleet.example, "user1", "n8n", { version: older }));
  expect(applied, applied.stderr).toMatchObject({ exitCode: 0 });
  password = (await fleet.succeed(["secret", "show", "user1-n8n/ownerPassword", "--reveal"])).trim();
  migrations = await countMigrations();
});

describe("n8n", () => {
  it("is filled by its own API", async () => {
    expect(await session("first")).toEqual(holding("first"));
    expect(await session("second")).toEqual(holding("first", "second"));
  });

  it("goes back to what ran, its database included, when the new version dies of what it has migrated", async () => {
    const { exitCode, stderr } = await upgrade(fleet, ["n8n", "--to", dying, "--only", "user1", "--min-healthy", "5s"]);
    expect({ exitCode, stderr }).not.toMatchObject({ exitCode: 0 });
    expect(await latestMoves(fleet)).toEqual([
      { instance: "user1-n8n", outcome: "went-back", reason: expect.stringContaining("dies of what it has migrated") },
    ]);
    expect(await runningVersions(fleet, "n8n")).toMatchObject({ "user1-n8n": older });
    expect(await countMigrations()).toBe(migrations);
    expect(await session(null)).toEqual(holding("first", "second"));
    expect(await session("third")).toEqual(holding("first", "second", "third"));
    await expectConverged(fleet);
  });

  it("is brought to the newer version with all that it holds", async () => {
    const upgraded = await upgrade(fleet, ["n8n", "--to", newer, "--min-healthy", "5s"]);
    expect(upgraded, upgraded.stderr).toMatchObject({ exitCode: 0 });
    expect(await latestMoves(fleet)).toEqual([{ instance: "user1-n8n", outcome: "upgraded", reason: null }]);
    expect(await countMigrations()).toBeGreaterThan(migrations);
    expect(await session(null)).toEqual(holding("first", "second", "third"));
    expect(await askedVersions(fleet, "n8n")).not.toHaveProperty("user1");
    await expectConverged(fleet);
    await expectNothingLeft([await fleet.guest("user1")]);
    expect(await databases()).not.toContain("checkpoint");
  });

  it("gets back what the upgrade had backed up, and brings that up to its version", async () => {
    expect(await session("fourth")).toEqual(holding("first", "second", "third", "fourth"));
    const restored = await fleet.berth(["restore", "user1-n8n", "--yes"]);
    expect(restored, restored.stderr).toMatchObject({ exitCode: 0 });
    expect(await session(null)).toEqual(holding("first", "second", "third"));
    expect(await runningVersions(fleet, "n8n")).toMatchObject({ "user1-n8n": newer });
  });
});

function holding(...names: string[]) {
  return {
    workflows: Object.fromEntries(names.map((name) => [name, true])),
    credentials: Object.fromEntries(names.map((name) => [name, `user of ${name}`])),
  };
}

/** What n8n holds, after making a workflow and a credential of that name. */
async function session(make: string | null) {
  const input = JSON.stringify({ url: `http://${addresses[0]}:5678`, password, make });
  return heldSchema.parse(
    JSON.parse(await runInNamespace(fleet.lab.namespace, [process.execPath, program], { input })),
  );
}

async function countMigrations(): Promise<number> {
  return Number(await psql(database, "select count(*) from migrations"));
}

function databases(): Promise<string> {
  return psql("postgres", "select string_agg(datname, ' ') from pg_database");
}

function psql(name: string, statement: string): Promise<string> {
  const client = ["psql", "-U", "postgres", "-d", name, "-qAtc", statement];
  return fleet.succeed(["exec", "shared-postgres", "--", ...client]);
}
