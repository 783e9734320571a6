/** Connections to the fleet's PostgreSQL servers, as their superuser: one small pool each, kept for the next question. */
import { BerthError, toBerthError } from "@berth/shared/errors";
import { Client, Pool, type ClientBase, type PoolClient } from "pg";

export interface PostgresServer {
  address: string;
  port: number;
  password: string;
  /**
   * Passwords to try when the server does not take the present one, the latest first: while the superuser's is being
   * rotated, and where data from before were restored.
   */
  earlierPasswords?: readonly string[];
}

/** Runs work on a superuser connection to another database of the server. */
export type WithDatabase = (database: string, work: (client: ClientBase) => Promise<void>) => Promise<void>;

const connectTimeoutMilliseconds = 5000;
const statementTimeoutMilliseconds = 60_000;
/** To copy a large database. */
const patientTimeoutMilliseconds = 3_600_000;
const patient = { statement_timeout: patientTimeoutMilliseconds, query_timeout: patientTimeoutMilliseconds };
/** SQLSTATE of a wrong password, and of a client that pg_hba.conf does not let in. */
const wrongPassword = "28P01";
const notLetIn = "28000";

/** A connection that breaks between two questions is told to whoever asks next; unheard, it would end the controller. */
function whateverBreaks(client: ClientBase): void {
  client.on("error", () => undefined);
}

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
      pool.on("connect", whateverBreaks);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  /** Runs work on one connection to the database `postgres`; a failure to connect or to run is `store.failed`. */
  async withClient<T>(server: PostgresServer, work: (client: ClientBase) => Promise<T>): Promise<T> {
    const client = await withEachPassword(server, (candidate): Promise<PoolClient> => this.pool(candidate).connect());
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
    const client = await withEachPassword(server, async (candidate) => {
      const opened = new Client(settings(candidate, database));
      whateverBreaks(opened);
      await opened.connect();
      return opened;
    });
    try {
      await work(client);
    } finally {
      await client.end();
    }
  }

  /** Runs work that takes long on two connections to the database `postgres` that nobody else has. */
  async withPatience<T>(
    server: PostgresServer,
    work: (client: ClientBase, beside: ClientBase) => Promise<T>,
  ): Promise<T> {
    const opened: Client[] = [];
    try {
      for (let number = 0; number < 2; number += 1) {
        opened.push(
          await withEachPassword(server, async (candidate) => {
            const client = new Client({ ...settings(candidate, "postgres"), ...patient });
            whateverBreaks(client);
            await client.connect();
            return client;
          }),
        );
      }
      const [client, beside] = opened;
      if (client === undefined || beside === undefined) throw new Error("two connections were opened");
      return await work(client, beside);
    } catch (error) {
      throw storeError(server, error);
    } finally {
      await Promise.all(opened.map((client) => client.end().catch(() => undefined)));
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
    this.#pools.clear();
  }
}

/**
 * Twice, since the superuser's password may be rotated between one attempt and the next: the new one is not in force
 * yet when it is tried, and the former not any more.
 */
async function withEachPassword<T>(
  server: PostgresServer,
  connect: (server: PostgresServer) => Promise<T>,
): Promise<T> {
  const { address, port } = server;
  for (let round = 0; round < 2; round += 1) {
    for (const password of [server.password, ...(server.earlierPasswords ?? [])]) {
      try {
        return await connect({ address, port, password });
      } catch (error) {
        if (stateOf(error) !== wrongPassword) throw storeError(server, error);
      }
    }
  }
  throw storeError(server, new Error('password authentication failed for user "postgres"'));
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
    hint: stateOf(error) === notLetIn ? letInHint : "See `berth logs shared-postgres`",
    cause: error,
  });
}

const letInHint =
  "Its pg_hba.conf knows the controller by another address. Put `host all postgres ADDRESS/32 scram-sha-256` in its " +
  "first line, and have it read again: `berth exec shared-postgres -- psql -U postgres -c 'select pg_reload_conf()'`";

/** SQLSTATE of an error of PostgreSQL. */
function stateOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
