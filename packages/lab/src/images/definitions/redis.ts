import { asset } from "../assets.ts";
import type { ImageDefinition } from "../definition.ts";
import { baseLayer, debianLayer, filesLayer } from "../layers.ts";

export const redis: ImageDefinition = {
  repository: "docker.io/library/redis",
  tags: ["8"],
  versionFrom: { package: "redis-server" },
  layers: [
    baseLayer,
    debianLayer(["redis-server"], ["etc/redis", "etc/{cron,init,logrotate}.d/**", "usr/lib/systemd"]),
    filesLayer(
      { type: "directory", path: "data" },
      { type: "file", path: "usr/local/bin/docker-entrypoint.sh", content: asset("redis-entrypoint.sh"), mode: 0o755 },
    ),
  ],
  config: {
    entrypoint: ["docker-entrypoint.sh"],
    command: ["redis-server"],
    workingDirectory: "/data",
    ports: [6379],
    volumes: ["/data"],
  },
  source: "https://packages.debian.org/trixie/redis-server",
  standIn: false,
};
