import pg from "pg";

const connectMilliseconds = 5000;

/** A small pool; a server that restarts costs the queries under way and nothing else. */
export function openPostgres(url: URL): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url.href,
    max: 3,
    connectionTimeoutMillis: connectMilliseconds,
    query_timeout: connectMilliseconds,
  });
  pool.on("error", (error) => process.stderr.write(`PostgreSQL: ${error.message}\n`));
  return pool;
}
