/** How large databases are, how many use them and what they count: with the rights to look and no others. */
import type { ClientBase } from "pg";
import * as z from "zod";

export interface DatabaseFacts {
  database: string;
  bytes: number;
  /** Open at this moment, by whomever. */
  connections: number;
  /** Rows of the tables that were asked for, by name. */
  rows: Readonly<Record<string, number>>;
}

/** Names of tables whose rows are wanted, by database. */
export type WantedTables = ReadonlyMap<string, readonly string[]>;

/** Sizes are asked of the file system, file by file: nobody waits longer for them. */
const statementMilliseconds = 10_000;

const rowSchema = z.object({ database: z.string(), bytes: z.coerce.number(), connections: z.coerce.number() });
const countSchema = z.object({ name: z.string(), count: z.coerce.number() });

const query = `
select d.datname::text as database, pg_database_size(d.oid) as bytes,
  (select count(*) from pg_stat_activity a where a.datid = d.oid) as connections
from pg_database d where d.datname = any($1)`;

/** As the server's statistics have them: nothing is read of the tables themselves. */
const countQuery = `
select relname::text as name, sum(n_live_tup) as count from pg_stat_user_tables where relname = any($1) group by relname`;

/** By name, without rows; what does not exist is not in it. The session is the superuser's again afterwards. */
export async function readDatabaseFacts(
  client: ClientBase,
  databases: readonly string[],
): Promise<Map<string, DatabaseFacts>> {
  const rows = rowSchema.array().parse(await look(client, query, databases));
  return new Map(rows.map((row) => [row.database, { ...row, rows: {} }]));
}

/** Rows of tables of the database that `client` is connected to. Those that do not exist are not in it. */
export async function readRowCounts(client: ClientBase, tables: readonly string[]): Promise<Record<string, number>> {
  const rows = countSchema.array().parse(await look(client, countQuery, tables));
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

async function look(client: ClientBase, question: string, names: readonly string[]): Promise<unknown[]> {
  await client.query("begin read only");
  // Of the transaction alone: it may see sizes, sessions and statistics, and no row of anybody's.
  await client.query("set local role pg_monitor");
  await client.query(`set local statement_timeout = ${statementMilliseconds}`);
  const { rows } = await client.query<Record<string, unknown>>(question, [names]);
  await client.query("commit");
  return rows;
}
