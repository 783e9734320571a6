import { defineService } from "./schema.ts";

export default defineService({
  name: "redis",
  title: "Redis",
  description: "Key-value store for caches and queues of shared services",
  scope: "shared",
  image: "docker.io/library/redis",
  version: "8.0.2",
  // The password comes by environment, not by argument: arguments show in the node's process list.
  command: [
    "sh",
    "-c",
    'umask 077; printf "requirepass %s\\n" "$REDIS_PASSWORD" > /run/redis.conf; exec redis-server /run/redis.conf --dir /data --appendonly yes',
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
});
