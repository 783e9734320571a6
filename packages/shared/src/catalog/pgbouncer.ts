import { defineService } from "./schema.ts";

// Written in full: what the image generates cannot say where verifiers are read. Roles prove themselves to PgBouncer as
// they do to PostgreSQL (SCRAM), and it can pass that on because it reads the very verifier that PostgreSQL has.
const configuration = `[databases]
* = host=\${service.postgres.address} port=\${service.postgres.port}

[pgbouncer]
listen_addr = 0.0.0.0
listen_port = 5432
auth_type = scram-sha-256
auth_file = /etc/pgbouncer/userlist.txt
auth_user = postgres
auth_dbname = postgres
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1 AND NOT usesuper
pool_mode = session
max_client_conn = 500
default_pool_size = 10
max_prepared_statements = 100
ignore_startup_parameters = extra_float_digits,options
`;

export default defineService({
  name: "pgbouncer",
  title: "PgBouncer",
  description: "Connection pool in front of PostgreSQL, for many instances with few connections each",
  website: "https://www.pgbouncer.org",
  scope: "shared",
  image: "docker.io/edoburu/pgbouncer",
  version: "v1.25.2-p0",
  // 5432 on the host is PostgreSQL's.
  ports: [{ name: "postgres", container: 5432, host: 6432 }],
  files: [
    { path: "/etc/pgbouncer/pgbouncer.ini", content: configuration },
    { path: "/etc/pgbouncer/userlist.txt", content: '"postgres" "${service.postgres.secret.superuserPassword}"\n' },
  ],
  memory: "64MiB",
  health: { command: ["pg_isready", "-q", "-h", "127.0.0.1", "-p", "5432"] },
  needs: [{ kind: "service", service: "postgres" }],
  upgrade: { sideBySide: true, notes: "https://www.pgbouncer.org/changelog.html" },
});
