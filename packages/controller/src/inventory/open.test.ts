import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { recordEvent } from "./events.ts";
import { lastLook } from "./looks.ts";
import { migrations } from "./migrations/index.ts";
import { listNodes, putNode } from "./nodes.ts";
import { openInventory } from "./open.ts";
import { insertRun, updateRun } from "./runs.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "berth-inventory-"));
  file = join(directory, "state", "inventory.sqlite");
});
afterEach(() => rmSync(directory, { recursive: true }));

async function makeInventory(): Promise<void> {
  const inventory = await openInventory({ file });
  await putNode(inventory.database, { name: "shared", address: "10.0.6.10", proxmox: null });
  await inventory.close();
}

function mode(path: string): number {
  return statSync(path).mode & 0o777;
}

const later: Migration = {
  up: (database: Kysely<unknown>) => database.schema.createTable("later").addColumn("id", "integer").execute(),
};
const broken: Migration = {
  async up(database: Kysely<unknown>) {
    await database.schema.createTable("half").addColumn("id", "integer").execute();
    throw new Error("it broke");
  },
};

describe("opening the inventory", () => {
  test("makes a private file, and keeps what is in it", async () => {
    await makeInventory();
    expect([mode(join(directory, "state")), mode(file)]).toEqual([0o700, 0o600]);
    chmodSync(file, 0o644);
    const inventory = await openInventory({ file });
    expect([mode(file), mode(`${file}-wal`)]).toEqual([0o600, 0o600]);
    expect((await listNodes(inventory.database)).map(({ name }) => name)).toEqual(["shared"]);
    await inventory.close();
    expect(readdirSync(join(directory, "state"))).toEqual(["inventory.sqlite"]);
  });

  test("takes over from the runs that are kept when the last drill was", async () => {
    const former = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < "0010-looks"));
    const before = await openInventory({ file, migrations: former });
    for (const [kind, createdAt] of [
      ["backup.drill", "2026-11-15T05:00:00.000Z"],
      ["backup.drill", "2026-11-22T05:00:00.000Z"],
      ["apply", "2026-11-24T06:00:00.000Z"],
    ] as const) {
      const run = await insertRun(before.database, { kind, account: "schedule", createdAt, steps: [] });
      await updateRun(before.database, { ...run, state: "succeeded" });
    }
    await before.close();
    const inventory = await openInventory({ file });
    expect(await lastLook(inventory.database, "backup.drill")).toBe("2026-11-22T05:00:00.000Z");
    expect(await lastLook(inventory.database, "apply")).toBeNull();
    await inventory.close();
  });

  test("copies the file before a migration, and only then", async () => {
    await makeInventory();
    await (await openInventory({ file })).close();
    expect(readdirSync(join(directory, "state"))).not.toContain("backups");
    const inventory = await openInventory({ file, migrations: { ...migrations, "9000-later": later } });
    await sql`insert into later (id) values (1)`.execute(inventory.database);
    await inventory.close();
    const backups = readdirSync(join(directory, "state", "backups"));
    expect(backups).toEqual([expect.stringMatching(/^inventory\.sqlite\..*\.before-9000-later$/)]);
    const backup = join(directory, "state", "backups", backups[0] ?? "");
    expect(mode(backup)).toBe(0o600);
    const copy = await openInventory({ file: backup });
    expect(await listNodes(copy.database)).toHaveLength(1);
    await copy.close();
  });

  test("a migration that breaks changes nothing", async () => {
    await makeInventory();
    await expect(openInventory({ file, migrations: { ...migrations, "9000-broken": broken } })).rejects.toMatchObject({
      code: "inventory.failed",
      message: `Migration 9000-broken of the inventory ${file} failed: it broke`,
    });
    const inventory = await openInventory({ file });
    const half = await sql`select name from sqlite_master where name = 'half'`.execute(inventory.database);
    expect(half.rows).toEqual([]);
    await inventory.close();
  });

  test("refuses what a newer Berth has written", async () => {
    await makeInventory();
    await (await openInventory({ file, migrations: { ...migrations, "9000-later": later } })).close();
    await expect(openInventory({ file })).rejects.toMatchObject({
      code: "inventory.failed",
      message: expect.stringContaining("a newer Berth: it has the migration 9000-later"),
    });
  });

  test("refuses a file that is none, and one that is damaged", async () => {
    await makeInventory();
    const foreign = join(directory, "foreign");
    writeFileSync(foreign, "not a database at all".repeat(100));
    await expect(openInventory({ file: foreign })).rejects.toThrow("is damaged");

    const pages = readFileSync(file);
    writeFileSync(file, pages.fill(0xff, 3 * 4096, 12 * 4096));
    await expect(openInventory({ file })).rejects.toMatchObject({
      code: "inventory.failed",
      hint: expect.stringContaining("backups"),
    });
  });

  test("says that it cannot be opened, and why", async () => {
    writeFileSync(join(directory, "state"), "a file where the directory should be");
    await expect(openInventory({ file })).rejects.toMatchObject({
      code: "inventory.failed",
      message: expect.stringMatching(/inventory\.sqlite cannot be opened: E(?:EXIST|NOTDIR)/),
    });
  });
});

describe("writing to the inventory", () => {
  test("a full disk is called by its name, and what is there stays readable", async () => {
    await makeInventory();
    const inventory = await openInventory({ file });
    const { rows } = await sql<{ pageCount: number }>`pragma page_count`.execute(inventory.database);
    await sql.raw(`pragma max_page_count = ${(rows[0]?.pageCount ?? 0) + 2}`).execute(inventory.database);
    const message = "x".repeat(20_000);
    await expect(recordEvent(inventory.database, { kind: "docker", message })).rejects.toMatchObject({
      code: "disk.full",
    });
    expect(await listNodes(inventory.database)).toHaveLength(1);
    await inventory.close();
  });

  test("a second running run is refused by the database itself", async () => {
    const inventory = await openInventory({ file });
    const row = { kind: "apply", account: "a", createdAt: "", endedAt: null, cancelRequestedAt: null };
    const insert = (state: string) =>
      inventory.database
        .insertInto("runs")
        .values({ ...row, state })
        .execute();
    await insert("running");
    await insert("failed");
    await insert("failed");
    await expect(insert("running")).rejects.toThrow("UNIQUE constraint failed");
    await inventory.close();
  });

  test("transactions of several callers do not mix", async () => {
    const inventory = await openInventory({ file });
    const both = [1, 2].map((number) =>
      inventory.database.transaction().execute(async (transaction) => {
        await putNode(transaction, { name: `node${number}`, address: "10.0.6.10", proxmox: null });
        if (number === 1) throw new Error("taken back");
      }),
    );
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect((await listNodes(inventory.database)).map(({ name }) => name)).toEqual(["node2"]);
    await inventory.close();
  });
});
