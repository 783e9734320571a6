import { Environment } from "../base/environment.ts";
import { openPostgres } from "../base/postgres.ts";
import { runStandIn } from "../base/program.ts";
import { createRoutedServer, textFrom } from "../base/server.ts";

/** Stand-in for postgres-meta: tells Studio what tables there are, and runs its queries. */
runStandIn("Supabase meta", async () => {
  const environment = new Environment(process.env);
  environment.secret("CRYPTO_KEY", 32);
  const url = new URL(
    `postgres://${environment.text("PG_META_DB_HOST")}:${environment.port("PG_META_DB_PORT")}/${environment.text("PG_META_DB_NAME")}`,
  );
  url.username = environment.text("PG_META_DB_USER");
  url.password = environment.text("PG_META_DB_PASSWORD");
  const pool = openPostgres(url);
  await pool.query("SELECT 1");
  const server = createRoutedServer({
    "GET /health": () => ({ body: { date: new Date().toISOString() } }),
    "GET /tables": async () => {
      const { rows } = await pool.query<Record<string, unknown>>(
        "SELECT schemaname AS schema, tablename AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2",
      );
      return { body: rows };
    },
    "POST /query": async (asked) => {
      const { rows } = await pool.query<Record<string, unknown>>(textFrom((await asked.json())["query"]));
      return { body: rows };
    },
  });
  return { servers: [[server, environment.port("PG_META_PORT", 8080)]], close: () => pool.end() };
});
