/** Langfuse's tables in PostgreSQL, as far as the stand-in has them, by the names of the original. */
import { createHash } from "node:crypto";
import type { Pool } from "pg";
import type { InitialProject } from "./settings.ts";

const migrations: readonly string[] = [
  `CREATE TABLE organizations (id text PRIMARY KEY, name text NOT NULL);
   CREATE TABLE projects (id text PRIMARY KEY, name text NOT NULL, org_id text NOT NULL REFERENCES organizations);
   CREATE TABLE api_keys (public_key text PRIMARY KEY, hashed_secret_key text NOT NULL, project_id text NOT NULL REFERENCES projects);
   CREATE TABLE users (email text PRIMARY KEY, name text NOT NULL, password text NOT NULL)`,
];

/** Two that start at once wait for each other. */
const lock = 72_707_369;

export async function migrate(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [lock]);
    await client.query("CREATE TABLE IF NOT EXISTS _prisma_migrations (id integer PRIMARY KEY)");
    const { rows } = await client.query<{ id: number }>("SELECT id FROM _prisma_migrations");
    for (const [id, statements] of migrations.entries()) {
      if (rows.some((row) => row.id === id)) continue;
      await client.query(statements);
      await client.query("INSERT INTO _prisma_migrations VALUES ($1)", [id]);
    }
    await client.query("COMMIT");
  } finally {
    client.release(true);
  }
}

/** Makes what is missing and changes nothing else, as the original does. */
export async function initialize(
  pool: Pool,
  { organisation, project, keys, user }: InitialProject,
  salt: string,
): Promise<void> {
  await pool.query("INSERT INTO organizations VALUES ($1, $2) ON CONFLICT DO NOTHING", [
    organisation.id,
    organisation.name,
  ]);
  if (project !== undefined) {
    await pool.query("INSERT INTO projects VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [
      project.id,
      project.name,
      organisation.id,
    ]);
  }
  if (project !== undefined && keys !== undefined) {
    await pool.query("INSERT INTO api_keys VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [
      keys.publicKey,
      hashed(keys.secretKey, salt),
      project.id,
    ]);
  }
  if (user !== undefined) {
    await pool.query("INSERT INTO users VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [
      user.email,
      user.name,
      hashed(user.password, salt),
    ]);
  }
}

/** The project whose keys these are. */
export async function projectOf(
  pool: Pool,
  publicKey: string,
  secretKey: string,
  salt: string,
): Promise<{ id: string; name: string } | undefined> {
  const { rows } = await pool.query<{ id: string; name: string }>(
    "SELECT p.id, p.name FROM api_keys k JOIN projects p ON p.id = k.project_id WHERE k.public_key = $1 AND k.hashed_secret_key = $2",
    [publicKey, hashed(secretKey, salt)],
  );
  return rows[0];
}

function hashed(secret: string, salt: string): string {
  return createHash("sha256").update(salt).update(secret).digest("hex");
}
