/** Connections to the fleet's PostgreSQL servers, as their superuser: one small pool each, kept for the next question. */
import { BerthError, toBerthError } from "@berth/shared/errors";
import { Client, Pool, type ClientBase } from "pg";

export interface PostgresServer {
  address: string;
  port: number;
  password: string;
}

const connectTimeoutMilliseconds = 5000;
const statementTimeoutMilliseconds = 60_000;

export class PostgresServers {
  readonly #pools = new Map<string, Pool>();

  /** The pool for a server; another password or address makes another pool. */
  pool(server: PostgresServer): Pool {
    const key = `${server.address}:${server.port}:${server.password}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Pool({ ...settings(server, "postgres"), max: 4, idleTimeoutMillis: 120_000 });
      // An idle connection that breaks (the server restarts) leaves the pool by itself; the next question opens another.
      pool.on("error", () => undefined);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  /** Runs work on one connection to the database `postgres`; a failure to connect or to run is `store.failed`. */
  async withClient<T>(server: PostgresServer, work: (client: ClientBase) => Promise<T>): Promise<T> {
    const client = await this.pool(server)
      .connect()
      .catch((error: unknown) => {
        throw storeError(server, error);
      });
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      // A connection in an unknown state (lock held, statement half done) is not given to anybody else.
      client.release(true);
      throw storeError(server, error);
    }
  }

  async withDatabase(
    server: PostgresServer,
    database: string,
    work: (client: ClientBase) => Promise<void>,
  ): Promise<void> {
    const client = new Client(settings(server, database));
    await client.connect();
    try {
      await work(client);
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
    this.#pools.clear();
  }
}

function settings({ address, port, password }: PostgresServer, database: string) {
  return {
    host: address,
    port,
    user: "postgres",
    password,
    database,
    application_name: "berth",
    connectionTimeoutMillis: connectTimeoutMilliseconds,
    statement_timeout: statementTimeoutMilliseconds,
    query_timeout: statementTimeoutMilliseconds,
  };
}

function storeError({ address, port }: PostgresServer, error: unknown): BerthError {
  if (error instanceof BerthError) return error;
  const { message } = toBerthError(error);
  return new BerthError("store.failed", `PostgreSQL at ${address}:${port} answered: ${message}`, {
    hint: "See `berth logs shared-postgres`",
    cause: error,
  });
}
