import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type Sqlite from "better-sqlite3";
import { Migrator, type Migration, type MigratorProps } from "kysely/migration";
import { BerthError, toBerthError } from "@berth/shared/errors";

/** Backups kept; older ones are removed when a new one is made. */
const maxBackups = 5;

export interface MigrationContext {
  sqlite: Sqlite.Database;
  database: MigratorProps["db"];
  file: string;
  migrations: Readonly<Record<string, Migration>>;
}

/** Brings the database to the newest schema; what is in it is copied to `backups/` first. */
export async function migrate(context: MigrationContext): Promise<void> {
  const done = doneMigrations(context.sqlite);
  refuseNewer(context, done);
  const pending = Object.keys(context.migrations)
    .toSorted()
    .filter((name) => !done.includes(name));
  const first = pending[0];
  if (first === undefined) return;
  if (done.length > 0) backup(context, first);
  const migrator = new Migrator({
    db: context.database,
    provider: { getMigrations: () => Promise.resolve({ ...context.migrations }) },
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === "Error")?.migrationName ?? first;
    throw new BerthError(
      "inventory.failed",
      `Migration ${failed} of the inventory ${context.file} failed: ${toBerthError(error).message}`,
      {
        cause: error,
        hint: `Nothing was changed; the copy made before it is in ${backupDirectory(context.file)}.`,
      },
    );
  }
}

function doneMigrations(sqlite: Sqlite.Database): string[] {
  const table = sqlite.prepare("select 1 from sqlite_master where type = 'table' and name = 'kysely_migration'").get();
  if (table === undefined) return [];
  return sqlite.prepare<[], { name: string }>("select name from kysely_migration order by name").all().map(nameOf);
}

function refuseNewer({ file, migrations }: MigrationContext, done: string[]): void {
  const unknown = done.filter((name) => !Object.hasOwn(migrations, name));
  if (unknown.length === 0) return;
  throw new BerthError(
    "inventory.failed",
    `The inventory ${file} was written by a newer Berth: it has the migration ${unknown.join(", ")}`,
    { hint: `Start that version, or put back a copy from ${backupDirectory(file)}.` },
  );
}

function backup({ sqlite, file }: MigrationContext, migration: string): void {
  const directory = backupDirectory(file);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const time = new Date().toISOString().replaceAll(":", "").replace(".", "");
  const target = join(directory, `${basename(file)}.${time}.before-${migration}`);
  // VACUUM INTO takes an empty file: made here, so that nobody else can ever read it.
  closeSync(openSync(target, "wx", 0o600));
  sqlite.prepare("vacuum into ?").run(target);
  const backups = readdirSync(directory).filter((name) => name.startsWith(`${basename(file)}.`));
  for (const old of backups.toSorted().slice(0, -maxBackups)) rmSync(join(directory, old));
}

function backupDirectory(file: string): string {
  return join(dirname(file), "backups");
}

function nameOf(row: { name: string }): string {
  return row.name;
}
