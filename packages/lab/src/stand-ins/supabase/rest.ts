import type { Pool } from "pg";
import pg from "pg";
import { Environment } from "../base/environment.ts";
import { openPostgres } from "../base/postgres.ts";
import { runStandIn } from "../base/program.ts";
import { type Asked, Refusal, createRoutedServer } from "../base/server.ts";
import { Tokens } from "./tokens.ts";

const tableName = /^[a-z_][a-z0-9_]{0,62}$/;

/** Stand-in for PostgREST: reads and writes rows of the public schema, as the role that the token names. */
runStandIn("Supabase rest", async () => {
  const environment = new Environment(process.env);
  environment.text("PGRST_DB_SCHEMAS", { pattern: /\bpublic\b/, must: "name the schema public" });
  const anonymous = environment.text("PGRST_DB_ANON_ROLE", { pattern: tableName, must: "be a role" });
  const tokens = new Tokens(environment.secret("PGRST_JWT_SECRET", 32));
  const pool = openPostgres(environment.url("PGRST_DB_URI", "postgres", "postgresql"));
  await pool.query("SELECT 1");

  const roleOf = async (asked: Asked): Promise<string> =>
    asked.headers.authorization === undefined ? anonymous : (await tokens.claims(asked)).role;

  const server = createRoutedServer({
    "GET /": () => ({ body: { swagger: "2.0", info: { title: "standard public schema", version: "14.17" } } }),
    "GET /*": async (asked) => ({
      body: await asRole(pool, await roleOf(asked), `SELECT * FROM public.${table(asked.rest)}`),
    }),
    "POST /*": async (asked) => {
      const row = Object.entries(await asked.json());
      const names = row.map(([name]) => pg.escapeIdentifier(name)).join(", ");
      const marks = row.map((_, index) => `$${index + 1}`).join(", ");
      const statement = `INSERT INTO public.${table(asked.rest)} (${names}) VALUES (${marks}) RETURNING *`;
      return {
        status: 201,
        body: await asRole(
          pool,
          await roleOf(asked),
          statement,
          row.map(([, value]) => value),
        ),
      };
    },
  });
  const admin = createRoutedServer({
    "GET /live": () => ({}),
    "GET /ready": async () => {
      await pool.query("SELECT 1");
      return {};
    },
  });
  return {
    servers: [
      [server, environment.port("PGRST_SERVER_PORT", 3000)],
      [admin, environment.port("PGRST_ADMIN_SERVER_PORT")],
    ],
    close: () => pool.end(),
  };
});

function table(name: string): string {
  if (!tableName.test(name)) throw new Refusal(404, "Not Found");
  return pg.escapeIdentifier(name);
}

/** What the database does not let a role do is refused, as PostgREST refuses it. */
async function asRole(pool: Pool, role: string, statement: string, values: unknown[] = []): Promise<unknown[]> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("SELECT set_config('role', $1, true)", [role]);
    const { rows } = await client.query<Record<string, unknown>>(statement, values);
    await client.query("COMMIT");
    return rows;
  } catch (error) {
    await client.query("ROLLBACK");
    if (error instanceof pg.DatabaseError) throw new Refusal(statusOf(error.code), error.message);
    throw error;
  } finally {
    client.release();
  }
}

function statusOf(code: string | undefined): number {
  if (code === "42501") return 403;
  return code === "42P01" ? 404 : 400;
}
