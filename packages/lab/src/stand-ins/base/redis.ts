import { Redis } from "ioredis";
import type { Environment } from "./environment.ts";

const connectMilliseconds = 5000;

/** Not connected yet, so that whoever opens it hears what its first request is answered. */
export function openRedis(environment: Environment): Redis {
  const redis = new Redis({
    host: environment.text("REDIS_HOST"),
    port: environment.port("REDIS_PORT", 6379),
    password: environment.secret("REDIS_AUTH", 1),
    connectTimeout: connectMilliseconds,
    maxRetriesPerRequest: 1,
    lazyConnect: true,
  });
  redis.on("error", (error: Error) => process.stderr.write(`Redis: ${error.message}\n`));
  return redis;
}
