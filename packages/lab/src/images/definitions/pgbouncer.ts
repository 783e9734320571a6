import type { ImageDefinition } from "../definition.ts";
import { baseLayer, debianLayer, filesLayer } from "../layers.ts";
import { postgresLeftOut } from "./postgres.ts";

/** Debian's, and so older than the catalog's: a fleet for the lab says `version`. */
export const pgbouncer: ImageDefinition = {
  repository: "docker.io/edoburu/pgbouncer",
  tags: ["debian"],
  versionFrom: { package: "pgbouncer" },
  layers: [
    baseLayer,
    // pg_isready is what its health is asked by.
    debianLayer(
      ["pgbouncer", "postgresql-client-17"],
      [...postgresLeftOut, "etc/pgbouncer/**", "etc/default/pgbouncer"],
    ),
    filesLayer(
      { type: "directory", path: "etc/pgbouncer" },
      { type: "link", path: "usr/local/bin/pg_isready", target: "/usr/lib/postgresql/17/bin/pg_isready" },
    ),
  ],
  config: {
    user: "postgres",
    entrypoint: ["/usr/bin/tini", "--"],
    command: ["/usr/sbin/pgbouncer", "/etc/pgbouncer/pgbouncer.ini"],
    ports: [5432],
  },
  onDemand: true,
  source: "https://packages.debian.org/trixie/pgbouncer",
  standIn: false,
};
