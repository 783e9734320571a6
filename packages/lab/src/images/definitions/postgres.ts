import { asset } from "../assets.ts";
import type { ImageDefinition } from "../definition.ts";
import { baseLayer, debianLayer, filesLayer } from "../layers.ts";

/** What of Debian's packages a container does not need. */
export const postgresLeftOut = [
  // Just-in-time compilation: 160 MB that pay off for analytical queries only.
  "usr/lib/*/libLLVM*",
  "usr/lib/*/libz3*",
  "usr/lib/postgresql/17/lib/llvmjit*",
  "usr/lib/postgresql/17/lib/bitcode",
  // Debian's cluster tools, which the entrypoint does not use, and the Perl they need.
  "usr/share/{perl,perl5,postgresql-common}",
  "usr/lib/*/perl",
  "usr/lib/*/perl5",
  "usr/lib/*/libperl*",
  "etc/{postgresql,postgresql-common}",
  "var/lib/postgresql/17",
  "etc/{cron,init,logrotate}.d/**",
  "usr/lib/systemd",
] as const;

export const postgresLayer = debianLayer(["postgresql-17"], postgresLeftOut);

export const postgresPrograms = filesLayer(
  { type: "directory", path: "docker-entrypoint-initdb.d" },
  {
    type: "file",
    path: "usr/local/bin/docker-entrypoint.sh",
    content: asset("postgres-entrypoint.sh"),
    mode: 0o755,
  },
  ...["initdb", "pg_ctl", "pg_dump", "pg_dumpall", "pg_isready", "pg_restore", "postgres", "psql", "createdb"].map(
    (name) => ({ type: "link", path: `usr/local/bin/${name}`, target: `/usr/lib/postgresql/17/bin/${name}` }) as const,
  ),
);

export const postgres: ImageDefinition = {
  repository: "docker.io/library/postgres",
  tags: ["17"],
  versionFrom: { package: "postgresql-17" },
  layers: [baseLayer, postgresLayer, postgresPrograms],
  config: {
    env: { LANG: "C.UTF-8", PGDATA: "/var/lib/postgresql/data" },
    entrypoint: ["docker-entrypoint.sh"],
    command: ["postgres"],
    ports: [5432],
    volumes: ["/var/lib/postgresql/data"],
    stopSignal: "SIGINT",
  },
  source: "https://packages.debian.org/trixie/postgresql-17",
  standIn: false,
};
