/** The fleet's databases as one of its stores: finds the server and its password, and has the work done there. */
import type { Catalog } from "@berth/shared/catalog/schema";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import type { ObservedNeed } from "../plan/observed.ts";
import { databaseSecretName } from "../plan/secret-names.ts";
import { ensureAccess, type AccessServer } from "./postgres-access.ts";
import {
  createCheckpoint,
  prepareCheckpoint,
  removeCheckpoint,
  restoreCheckpoint,
  type CheckpointContext,
  type DatabaseCheckpoint,
} from "./postgres-checkpoint.ts";
import { ensureDatabase, removeDatabase } from "./postgres-ensure.ts";
import { retireLogins } from "./postgres-logins.ts";
import { observeDatabases } from "./postgres-observe.ts";
import { loginOf } from "./postgres-roles.ts";
import type { PostgresServer, PostgresServers, WithDatabase } from "./postgres-servers.ts";
import { ensureSuperuserPassword } from "./postgres-superuser.ts";
import { type DatabaseFacts, readDatabaseFacts, readRowCounts, type WantedTables } from "./postgres-usage.ts";
import { opensDatabase } from "./trespass.ts";

export interface DatabaseStoreDependencies {
  postgres: PostgresServers;
  catalogOf: (fleet: Fleet) => Catalog;
  locate: (fleet: Fleet, instance: string) => { address: string; port: number };
  /** The value of a secret in its present version; throws `not-found`. */
  reveal: (name: string) => string;
  /** undefined: not generated yet. */
  peek: (name: string) => string | undefined;
  /** Values that a secret had before, the latest first. */
  earlier: (name: string) => string[];
  /** Every database that a server of the fleet has to hold. */
  databaseNeeds: (fleet: Fleet, server: string) => DatabaseNeed[];
}

/** The functions of `postgres-checkpoint.ts`, at the server that holds the database. */
export interface CheckpointStore {
  prepare: (fleet: Fleet, of: PlacedCheckpoint, work: Work) => Promise<void>;
  create: (fleet: Fleet, of: PlacedCheckpoint, work: Work) => Promise<{ bytes: number }>;
  restore: (fleet: Fleet, of: PlacedCheckpoint, work: Work) => Promise<{ setAside: string | null }>;
  remove: (fleet: Fleet, of: PlacedCheckpoint, work: Work) => Promise<{ removed: boolean }>;
}

export interface PlacedCheckpoint extends DatabaseCheckpoint {
  /** Instance of PostgreSQL. */
  server: string;
}

interface Work {
  log: (line: string) => void;
}

export interface DatabaseStore {
  ensure: (fleet: Fleet, need: DatabaseNeed, work: Work) => Promise<OperationResult<"database.ensure">>;
  remove: (fleet: Fleet, input: OperationInput<"database.remove">, work: Work) => Promise<{ removed: boolean }>;
  /** By database name; `needs` are all that the server meets. */
  observe: (fleet: Fleet, server: string, needs: readonly DatabaseNeed[]) => Promise<Map<string, ObservedNeed>>;
  /** By name: how large, how many are connected, and how many rows the wanted tables have. Only what exists. */
  facts: (fleet: Fleet, server: string, wanted: WantedTables) => Promise<Map<string, DatabaseFacts>>;
  /** Whether the login of one need gets into the database of another. */
  opens: (fleet: Fleet, own: DatabaseNeed, foreign: DatabaseNeed) => Promise<boolean>;
  /** Ends every login of the need's database but the present one. */
  retire: (fleet: Fleet, need: DatabaseNeed) => Promise<{ retired: string[] }>;
  /** Copies of databases that an upgrade goes back to. */
  checkpoints: CheckpointStore;
  /** Gives the server's superuser the password that its secret has now. */
  ensureSuperuser: (fleet: Fleet, server: string) => Promise<{ changed: boolean }>;
}

const catalogName = "postgres";
const poolerName = "pgbouncer";

/** Secret of a server's superuser. */
function superuserSecretName(server: string): string {
  return `${server}/superuserPassword`;
}

export function databaseStore(dependencies: DatabaseStoreDependencies): DatabaseStore {
  const { postgres, locate, reveal, peek, earlier } = dependencies;

  function serverOf(fleet: Fleet, instance: string): PostgresServer {
    const secret = superuserSecretName(instance);
    // Read at each attempt to connect: they may change between two.
    return {
      ...locate(fleet, instance),
      get password() {
        return reveal(secret);
      },
      get earlierPasswords() {
        return earlier(secret);
      },
    };
  }

  function within(server: PostgresServer): WithDatabase {
    return (database, work) => postgres.withDatabase(server, database, work);
  }

  async function ensureRules(fleet: Fleet, instance: string, { log }: Work): Promise<void> {
    const server = serverOf(fleet, instance);
    const needs = dependencies.databaseNeeds(fleet, instance);
    await postgres.withClient(server, (client) =>
      ensureAccess(needs, {
        ...accessServer(fleet, server),
        client,
        connectAgain: () => postgres.withDatabase(server, "postgres", async () => undefined),
        log,
      }),
    );
  }

  function atServer<T>(
    fleet: Fleet,
    of: PlacedCheckpoint,
    { log }: Work,
    work: (of: DatabaseCheckpoint, context: CheckpointContext) => Promise<T>,
  ): Promise<T> {
    return postgres.withPatience(serverOf(fleet, of.server), (client, beside) => work(of, { client, beside, log }));
  }

  function accessServer(fleet: Fleet, { address }: PostgresServer): AccessServer {
    const [volume] = dependencies.catalogOf(fleet).get(catalogName)?.volumes ?? [];
    const pooler = fleet.nodes[fleet.services.shared[poolerName]?.node ?? ""];
    return {
      serverAddress: address,
      poolerAddresses: pooler === undefined ? [] : [pooler.address],
      dataDirectory: volume?.path ?? "/var/lib/postgresql/data",
    };
  }

  return {
    async ensure(fleet, need, work) {
      const server = serverOf(fleet, need.server);
      const password = reveal(databaseSecretName(need.instance));
      const result = await postgres.withClient(server, (client) =>
        ensureDatabase(need, { client, password, log: work.log, withDatabase: within(server) }),
      );
      await ensureRules(fleet, need.server, work);
      return result;
    },
    async remove(fleet, input, work) {
      const server = serverOf(fleet, input.server);
      const result = await postgres.withClient(server, (client) =>
        removeDatabase(input, { client, withDatabase: within(server) }),
      );
      await ensureRules(fleet, input.server, work);
      return result;
    },
    observe: (fleet, instance, needs) => {
      const server = serverOf(fleet, instance);
      const passwordOf = (need: DatabaseNeed) => peek(databaseSecretName(need.instance));
      return postgres.withClient(server, (client) =>
        observeDatabases(client, needs, passwordOf, accessServer(fleet, server)),
      );
    },
    async facts(fleet, instance, wanted) {
      const server = serverOf(fleet, instance);
      const facts = await postgres.withClient(server, (client) => readDatabaseFacts(client, [...wanted.keys()]));
      for (const [name, found] of facts) {
        const tables = wanted.get(name) ?? [];
        if (tables.length === 0) continue;
        await postgres.withDatabase(server, name, async (client) => {
          facts.set(name, { ...found, rows: await readRowCounts(client, tables) });
        });
      }
      return facts;
    },
    /** Its password and the rules of pg_hba.conf are tried from here, its privileges asked for: each has to hold by itself. */
    async opens(fleet, own, foreign) {
      const server = serverOf(fleet, foreign.server);
      const login = loginOf(own);
      const password = reveal(databaseSecretName(own.instance));
      if (await opensDatabase(server, { database: foreign.database, role: login, password })) return true;
      return postgres.withClient(server, async (client) => {
        const { rows } = await client.query<{ may: boolean }>(
          "select has_database_privilege(r.oid, d.oid, 'connect') as may from pg_roles r, pg_database d where r.rolname = $1 and d.datname = $2",
          [login, foreign.database],
        );
        return rows[0]?.may === true;
      });
    },
    checkpoints: {
      prepare: (fleet, of, work) => atServer(fleet, of, work, prepareCheckpoint),
      create: (fleet, of, work) => atServer(fleet, of, work, createCheckpoint),
      restore: (fleet, of, work) => atServer(fleet, of, work, restoreCheckpoint),
      remove: (fleet, of, work) => atServer(fleet, of, work, removeCheckpoint),
    },
    retire: (fleet, need) => {
      const server = serverOf(fleet, need.server);
      return postgres.withClient(server, (client) => retireLogins(need, { client, withDatabase: within(server) }));
    },
    ensureSuperuser: (fleet, instance) => {
      const password = reveal(superuserSecretName(instance));
      return postgres.withClient(serverOf(fleet, instance), (client) => ensureSuperuserPassword(client, password));
    },
  };
}
