/** How large databases are and how many use them: one query for all of a server, with the rights to look and no others. */
import type { ClientBase } from "pg";
import * as z from "zod";

export interface DatabaseFacts {
  database: string;
  bytes: number;
  /** Open at this moment, by whomever. */
  connections: number;
}

/** Sizes are asked of the file system, file by file: nobody waits longer for them. */
const statementMilliseconds = 10_000;

const rowSchema = z.object({ database: z.string(), bytes: z.coerce.number(), connections: z.coerce.number() });

const query = `
select d.datname::text as database, pg_database_size(d.oid) as bytes,
  (select count(*) from pg_stat_activity a where a.datid = d.oid) as connections
from pg_database d where d.datname = any($1)`;

/** By name; what does not exist is not in it. The session is the superuser's again afterwards. */
export async function readDatabaseFacts(
  client: ClientBase,
  databases: readonly string[],
): Promise<Map<string, DatabaseFacts>> {
  await client.query("begin read only");
  // Of the transaction alone: it may see sizes and sessions, and no row of anybody's.
  await client.query("set local role pg_monitor");
  await client.query(`set local statement_timeout = ${statementMilliseconds}`);
  const { rows } = await client.query(query, [databases]);
  await client.query("commit");
  return new Map(
    rowSchema
      .array()
      .parse(rows)
      .map((row) => [row.database, row]),
  );
}
