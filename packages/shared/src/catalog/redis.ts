import { defineService } from "./schema.ts";

export default defineService({
  name: "redis",
  title: "Redis",
  description: "Key-value store for caches and queues of shared services",
  website: "https://redis.io",
  scope: "shared",
  // Not Valkey: Redis has been free software again since 8.0, and its users find it under its own name.
  image: "docker.io/library/redis",
  version: "8.0.2",
  // The password comes by environment, not by argument: arguments show in the node's process list.
  command: [
    "sh",
    "-c",
    // Langfuse's queues must not lose a job: a full store refuses writes rather than dropping what it has.
    'umask 077; printf "requirepass %s\\n" "$REDIS_PASSWORD" > /run/redis.conf; exec redis-server /run/redis.conf --dir /data --appendonly yes --maxmemory 192mb --maxmemory-policy noeviction',
  ],
  env: { REDIS_PASSWORD: "${secret.password}" },
  secrets: { password: { length: 32 } },
  ports: [{ name: "redis", container: 6379, host: 6379 }],
  volumes: [{ name: "data", path: "/data" }],
  memory: "256MiB",
  health: {
    command: ["sh", "-c", 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ping | grep -q PONG'],
    intervalSeconds: 0.5,
  },
  backup: { method: "volumes", note: "Queues: jobs that were under way" },
  upgrade: { oneWay: true, notes: "https://github.com/redis/redis/releases" },
});
