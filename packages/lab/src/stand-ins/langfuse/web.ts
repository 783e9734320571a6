import { randomUUID } from "node:crypto";
import { openBucket } from "../base/bucket.ts";
import { Environment } from "../base/environment.ts";
import { openPostgres } from "../base/postgres.ts";
import { runStandIn } from "../base/program.ts";
import { openRedis } from "../base/redis.ts";
import {
  type Asked,
  Refusal,
  type Routes,
  basicCredentials,
  createRoutedServer,
  page,
  textFrom,
} from "../base/server.ts";
import { ClickHouse } from "./clickhouse.ts";
import { initialize, migrate, projectOf } from "./database.ts";
import { enqueue, requireQueue } from "./queue.ts";
import { readCommonSettings, readInitialProject } from "./settings.ts";

const version = "4.30.0";

/** Stand-in for Langfuse: uses every store as the original does, and takes traces in and gives them out again. */
runStandIn("Langfuse", async () => {
  const environment = new Environment(process.env);
  const { databaseUrl, clickHouse, events, media } = readCommonSettings(environment);
  environment.text("NEXTAUTH_SECRET");
  const salt = environment.text("SALT");
  const initial = readInitialProject(environment);

  const pool = openPostgres(databaseUrl);
  await migrate(pool);
  if (initial !== undefined) await initialize(pool, initial, salt);
  const columns = new ClickHouse(clickHouse);
  await columns.migrate();
  const redis = openRedis(environment);
  await requireQueue(redis);
  const bucket = openBucket(events);
  await bucket.put("health", version);
  if (media !== undefined) await openBucket(media).put("health", version);

  async function project({ headers }: Asked): Promise<{ id: string; name: string }> {
    const given = basicCredentials(headers);
    const found = given === undefined ? undefined : await projectOf(pool, given.name, given.password, salt);
    if (found === undefined)
      throw new Refusal(401, "Invalid credentials. Confirm that you've configured the correct host.");
    return found;
  }

  const routes: Routes = {
    "GET /": () =>
      page("Langfuse", [
        ["Version", version],
        ["Bucket", bucket.name],
      ]),
    "GET /api/public/health": async ({ query }) => {
      if (query.get("failIfDatabaseUnavailable") === "true") {
        await pool.query("SELECT 1").catch(() => {
          throw new Refusal(503, "Database not available");
        });
      }
      return { body: { status: "OK", version } };
    },
    "GET /api/public/ready": () => ({ body: { status: "OK", version } }),
    "GET /api/public/projects": async (asked) => ({ body: { data: [await project(asked)] } }),
    "POST /api/public/ingestion": async (asked) => {
      const { id } = await project(asked);
      const { batch } = await asked.json();
      const bodies = (Array.isArray(batch) ? batch : []).map((event) => JSON.stringify(event));
      const successes = [];
      for (const body of bodies) {
        const event = { id: randomUUID(), project: id, body };
        await bucket.put(`${id}/${event.id}.json`, body);
        await enqueue(redis, event);
        successes.push({ id: event.id, status: 201 });
      }
      return { status: 207, body: { successes, errors: [] } };
    },
    "GET /api/public/traces": async (asked) => {
      const { id } = await project(asked);
      const rows = await columns.rows(`SELECT id, body FROM events WHERE project = '${id.replaceAll("'", "''")}'`);
      return { body: { data: rows.map((row) => ({ id: row["id"], body: JSON.parse(textFrom(row["body"])) })) } };
    },
  };
  return {
    servers: [[createRoutedServer(routes), environment.port("PORT", 3000)]],
    close: async () => {
      redis.disconnect();
      await pool.end();
    },
  };
});
