import { setTimeout as pause } from "node:timers/promises";
import { Environment } from "../base/environment.ts";
import { openBucket } from "../base/bucket.ts";
import { openPostgres } from "../base/postgres.ts";
import { log, runStandIn } from "../base/program.ts";
import { openRedis } from "../base/redis.ts";
import { createRoutedServer } from "../base/server.ts";
import { ClickHouse } from "./clickhouse.ts";
import { dequeue, enqueue, requireQueue } from "./queue.ts";
import { readCommonSettings } from "./settings.ts";

/** So that an end is noticed between two events. */
const waitSeconds = 1;
const retryMilliseconds = 2000;

/** Stand-in for Langfuse's worker: brings what the web container has queued into ClickHouse. */
runStandIn("Langfuse worker", async () => {
  const environment = new Environment(process.env);
  const { databaseUrl, clickHouse, events } = readCommonSettings(environment);
  const pool = openPostgres(databaseUrl);
  await pool.query("SELECT 1");
  const columns = new ClickHouse(clickHouse);
  await columns.query("SELECT 1");
  const redis = openRedis(environment);
  await requireQueue(redis);
  await openBucket(events).put("health-worker", "");
  const ending = new AbortController();

  async function work(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        await workOnce();
      } catch (error) {
        log(`Cannot go on right now: ${error instanceof Error ? error.message : String(error)}`);
        await pause(retryMilliseconds, undefined, { signal: ending.signal }).catch(() => undefined);
      }
    }
  }

  /** An event that ClickHouse does not take goes back to the others. */
  async function workOnce(): Promise<void> {
    const event = await dequeue(redis, waitSeconds);
    if (event === undefined) return;
    try {
      await columns.insert("events", [event]);
    } catch (error) {
      await enqueue(redis, event);
      throw error;
    }
  }
  const working = work();

  const server = createRoutedServer({
    "GET /api/health": async () => {
      await pool.query("SELECT 1");
      await redis.ping();
      return { body: { status: "ok" } };
    },
  });
  return {
    servers: [[server, environment.port("PORT", 3030)]],
    close: async () => {
      ending.abort();
      await working;
      redis.disconnect();
      await pool.end();
    },
  };
});
