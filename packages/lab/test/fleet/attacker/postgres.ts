import { Client } from "pg";
import type { Target, Try } from "./target.ts";

interface Login {
  user: string;
  password: string;
  database: string;
}

export function loginsOf({ environments }: Target): Login[] {
  const n8n = environments["n8n"] ?? {};
  const flowise = environments["flowise"] ?? {};
  return [
    {
      user: n8n["DB_POSTGRESDB_USER"] ?? "",
      password: n8n["DB_POSTGRESDB_PASSWORD"] ?? "",
      database: n8n["DB_POSTGRESDB_DATABASE"] ?? "",
    },
    {
      user: flowise["DATABASE_USER"] ?? "",
      password: flowise["DATABASE_PASSWORD"] ?? "",
      database: flowise["DATABASE_NAME"] ?? "",
    },
  ];
}

export async function query(target: Target, login: Login, sql: string): Promise<unknown> {
  const deadlines = { connectionTimeoutMillis: 5000, query_timeout: 10_000 };
  const client = new Client({ host: target.shared, port: 5432, ...login, ...deadlines });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query(sql);
    return rows;
  } finally {
    await client.end();
  }
}

/** What a role would do in its own database that reaches beyond it. */
const statements = {
  "makes a database": "create database stolen",
  "makes a role": "create role intruder login superuser",
  "runs a program": "copy (select 1) to program 'id'",
  "reads a file of the server": "select pg_read_file('/etc/passwd')",
  "lists the server's files": "select pg_ls_dir('.')",
  "writes a file of the server": "copy (select 1) to '/tmp/intruder'",
  "imports a file as large object": "select lo_import('/etc/passwd')",
  "reads the roles' passwords": "select rolpassword from pg_authid",
  "changes the server's settings": "alter system set log_statement = 'all'",
  "loads an untrusted language": "create extension plpython3u",
  "takes the way of dblink": "create extension dblink",
  "takes the way of postgres_fdw": "create extension postgres_fdw",
} as const;

export function postgresTries(target: Target): Try[] {
  const { victim, databases } = target;
  return loginsOf(target).flatMap((login) => {
    const inside = (name: string, sql: string): Try => ({
      name: `as ${login.user} ${name}`,
      run: () => query(target, login, sql),
    });
    const foreign = databases.filter((name) => name !== login.database);
    return [
      ...foreign.map((database) => ({
        name: `as ${login.user} connects to ${database}`,
        run: () => query(target, { ...login, database }, "select 1"),
      })),
      ...Object.entries(statements).map(([name, sql]) => inside(name, sql)),
      inside(`becomes ${victim}_n8n`, `set role "${victim}_n8n"`),
      inside("becomes the superuser", "set role postgres"),
      inside(`drops ${victim}_n8n`, `drop database "${victim}_n8n"`),
      inside(`gives ${victim}_n8n another password`, `alter role "${victim}_n8n" password 'stolen'`),
      {
        name: `with the password of ${login.user} logs in as ${victim}_n8n`,
        run: () => query(target, { ...login, user: `${victim}_n8n`, database: `${victim}_n8n` }, "select 1"),
      },
      {
        name: `with the password of ${login.user} logs in as the superuser`,
        run: () => query(target, { ...login, user: "postgres", database: "postgres" }, "select 1"),
      },
    ];
  });
}
