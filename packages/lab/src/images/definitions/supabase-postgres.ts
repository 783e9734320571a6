import supabase from "@berth/shared/catalog/supabase";
import { asset } from "../assets.ts";
import type { ImageDefinition } from "../definition.ts";
import { baseLayer, filesLayer } from "../layers.ts";
import { postgres, postgresLayer, postgresPrograms } from "./postgres.ts";

const [database] = supabase.parts;
if (database === undefined) throw new Error("The catalog's Supabase has no database");

/** A real PostgreSQL 17 with the roles and schemas of Supabase's image, and without its extensions. */
export const supabasePostgres: ImageDefinition = {
  repository: database.image,
  // Upstream's, since no package of Debian's tells what is asked for here.
  tags: [database.version],
  layers: [
    baseLayer,
    postgresLayer,
    postgresPrograms,
    filesLayer(
      { type: "directory", path: "etc/postgresql" },
      { type: "directory", path: "etc/postgresql-custom" },
      { type: "directory", path: "docker-entrypoint-initdb.d/init-scripts" },
      { type: "directory", path: "docker-entrypoint-initdb.d/migrations" },
      {
        type: "file",
        path: "etc/postgresql/postgresql.conf",
        content: "listen_addresses = '*'\nwal_level = logical\n",
      },
      {
        type: "file",
        path: "docker-entrypoint-initdb.d/migrate.sh",
        content: asset("supabase-migrate.sh"),
        mode: 0o755,
      },
    ),
  ],
  config: {
    ...postgres.config,
    env: { ...postgres.config.env, POSTGRES_USER: "supabase_admin", POSTGRES_DB: "postgres" },
    command: ["postgres", "-c", "config_file=/etc/postgresql/postgresql.conf"],
    volumes: ["/var/lib/postgresql/data", "/etc/postgresql-custom"],
  },
  source: "https://github.com/supabase/postgres",
  standIn: true,
};
