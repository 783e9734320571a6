import { defineService } from "./schema.ts";

export default defineService({
  name: "postgres",
  title: "PostgreSQL",
  description: "Relational database; holds a database and a role for each instance that needs one",
  website: "https://www.postgresql.org",
  scope: "shared",
  image: "docker.io/library/postgres",
  version: "17.12",
  // The image's default of 100 is five instances' worth, at 20 connections for each role. The slots are taken before
  // anybody logs in, so there must be room, too, for what the firewall lets several tenants hold without ever doing so.
  command: ["postgres", "-c", "max_connections=400"],
  ports: [{ name: "postgres", container: 5432, host: 5432 }],
  env: { POSTGRES_USER: "postgres", POSTGRES_PASSWORD: "${secret.superuserPassword}" },
  secrets: { superuserPassword: { length: 32, initial: true } },
  volumes: [{ name: "data", path: "/var/lib/postgresql/data" }],
  memory: "2GiB",
  // -h: the init phase of the image listens on its Unix socket only, so that TCP tells the real start from it.
  health: { command: ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "postgres"], intervalSeconds: 0.5 },
  stopTimeoutSeconds: 60,
  backup: { method: "postgres", note: "Each database by itself, and the roles" },
  upgrade: {
    major: "Data of another major version are not read: dump and restore. The images from 18 on keep them elsewhere",
    notes: "https://www.postgresql.org/docs/release/",
  },
});
