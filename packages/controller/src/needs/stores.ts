/** The fleet's stores together: whoever has a need met or looked at does not care which store it is in. */
import type { Catalog } from "@berth/shared/catalog/schema";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import { locateInstance } from "../apply/locate.ts";
import { type DesiredNeed, type NeedKind, inputsOf } from "../plan/desired-needs.ts";
import { needId } from "../plan/needs.ts";
import type { ObservedNeed } from "../plan/observed.ts";
import { bucketsSecretName, collectionsSecretName } from "../plan/secret-names.ts";
import type { ObjectStore } from "./minio-client.ts";
import { ensureBuckets, removeBuckets } from "./minio-ensure.ts";
import { observeBuckets } from "./minio-observe.ts";
import { type BucketCount, readBucketCounts } from "./minio-usage.ts";
import { ensureModels, type LoadedModel, loadedModels, observeModels } from "./ollama.ts";
import { databaseStore, type DatabaseStore } from "./postgres-store.ts";
import { PostgresServers } from "./postgres-servers.ts";
import type { DatabaseFacts, WantedTables } from "./postgres-usage.ts";
import type { QdrantServer } from "./qdrant-client.ts";
import { ensureCollections, removeCollections } from "./qdrant-ensure.ts";
import { observeCollections } from "./qdrant-observe.ts";
import { readPoints } from "./qdrant-usage.ts";
import { opensBucket, opensCollection } from "./trespass.ts";

export interface StoresDependencies {
  catalogOf: (fleet: Fleet) => Catalog;
  /** The value of a secret in its present version; throws `not-found`. */
  reveal: (name: string) => string;
  /** undefined: not generated yet. */
  peek: (name: string) => string | undefined;
  /** Values that a secret had before, the latest first. */
  earlier: (name: string) => string[];
  /** Every database that a server of the fleet has to hold. */
  databaseNeeds: (fleet: Fleet, server: string) => DatabaseNeed[];
}

/** By name of database, collection and bucket; what does not exist is not in it. */
export interface StoreReading {
  databases: ReadonlyMap<string, DatabaseFacts>;
  points: ReadonlyMap<string, number>;
  buckets: ReadonlyMap<string, BucketCount>;
  models: readonly LoadedModel[];
}

export interface StoreWork {
  log: (line: string, fraction?: number) => void;
  signal: AbortSignal;
}

export type RemovalKind = "database.remove" | "collections.remove" | "buckets.remove";

type Ensure = {
  [K in NeedKind]: (fleet: Fleet, input: OperationInput<K>, work: StoreWork) => Promise<OperationResult<K>>;
};
type Remove = {
  [K in RemovalKind]: (fleet: Fleet, input: OperationInput<K>, work: StoreWork) => Promise<OperationResult<K>>;
};

export interface Stores {
  ensure: Ensure;
  remove: Remove;
  databases: DatabaseStore;
  /** By id of the operation that meets the need. */
  observe: (fleet: Fleet, needs: readonly DesiredNeed[]) => Promise<Map<string, ObservedNeed>>;
  /**
   * What a store holds for its needs, and the models that it has loaded. All needs must be of this server. `tables`: by
   * instance, those of its database whose rows are counted.
   */
  read: (fleet: Fleet, server: string, needs: readonly DesiredNeed[], tables: WantedTables) => Promise<StoreReading>;
  /** Whether the owner of a need gets into what is another's, in a store of the same kind. */
  opens: (fleet: Fleet, own: DesiredNeed, foreign: DesiredNeed) => Promise<boolean>;
  close: () => Promise<void>;
}

export function createStores(dependencies: StoresDependencies): Stores {
  const { catalogOf, reveal, peek } = dependencies;
  const postgres = new PostgresServers();

  function locate(fleet: Fleet, instance: string): { address: string; port: number } {
    const { address, port } = locateInstance(fleet, instance, catalogOf(fleet));
    return { address, port };
  }

  const databases = databaseStore({ ...dependencies, postgres, locate });

  function qdrantServer(fleet: Fleet, instance: string): QdrantServer {
    return { ...locate(fleet, instance), apiKey: reveal(`${instance}/apiKey`) };
  }

  function objectStore(fleet: Fleet, instance: string): ObjectStore {
    return {
      endpoint: locate(fleet, instance),
      accessKey: reveal(`${instance}/rootUser`),
      secretKey: reveal(`${instance}/rootPassword`),
    };
  }

  async function observeKind<K extends NeedKind>(
    kind: K,
    fleet: Fleet,
    server: string,
    needs: readonly DesiredNeed[],
  ): Promise<ReadonlyMap<string, ObservedNeed>> {
    switch (kind) {
      case "database.ensure":
        return databases.observe(fleet, server, inputsOf("database.ensure", needs));
      case "collections.ensure":
        return observeCollections(inputsOf("collections.ensure", needs), { server: qdrantServer(fleet, server) });
      case "buckets.ensure":
        return observeBuckets(inputsOf("buckets.ensure", needs), {
          store: objectStore(fleet, server),
          secretKeyOf: (owner) => peek(bucketsSecretName(owner)),
        });
      case "models.ensure":
        return observeEach(inputsOf("models.ensure", needs), (need) =>
          observeModels(need, { server: locate(fleet, server) }),
        );
    }
    return new Map();
  }

  return {
    databases,
    ensure: {
      "database.ensure": databases.ensure,
      "collections.ensure": (fleet, input, { log }) =>
        ensureCollections(input, { server: qdrantServer(fleet, input.server), log }),
      "buckets.ensure": (fleet, input, { log }) =>
        ensureBuckets(input, {
          store: objectStore(fleet, input.server),
          secretKey: reveal(bucketsSecretName(input.owner)),
          log,
        }),
      "models.ensure": (fleet, input, { log, signal }) =>
        ensureModels(input, { server: locate(fleet, input.server), log, signal }),
    },
    remove: {
      "database.remove": databases.remove,
      "collections.remove": (fleet, input, { log }) =>
        removeCollections(input, { server: qdrantServer(fleet, input.server), log }),
      "buckets.remove": (fleet, input, { log }) =>
        removeBuckets(input, { store: objectStore(fleet, input.server), log }),
    },
    async observe(fleet, needs) {
      const seen = new Map<string, ObservedNeed>();
      const groups = Map.groupBy(needs, ({ kind, server }) => `${kind} ${server}`);
      await Promise.all(
        [...groups.values()].map(async (group) => {
          const [first] = group;
          if (first === undefined) return;
          const found = await observeKind(first.kind, fleet, first.server, group);
          for (const need of group) {
            const observed = found.get(need.target);
            if (observed !== undefined) seen.set(needId(need), observed);
          }
        }),
      );
      return seen;
    },
    async read(fleet, server, needs, tables) {
      const wanted: WantedTables = new Map(
        inputsOf("database.ensure", needs).map(({ database, instance }) => [database, tables.get(instance) ?? []]),
      );
      const collectionNames = inputsOf("collections.ensure", needs).flatMap(({ collections }) =>
        collections.map(({ name }) => name),
      );
      const bucketNames = inputsOf("buckets.ensure", needs).flatMap(({ buckets }) => buckets);
      const hasModels = needs.some(({ kind }) => kind === "models.ensure");
      const [found, points, buckets, models] = await Promise.all([
        wanted.size === 0 ? new Map<string, DatabaseFacts>() : databases.facts(fleet, server, wanted),
        collectionNames.length === 0
          ? new Map<string, number>()
          : readPoints(qdrantServer(fleet, server), collectionNames),
        bucketNames.length === 0
          ? new Map<string, BucketCount>()
          : readBucketCounts(objectStore(fleet, server), bucketNames),
        hasModels ? loadedModels(locate(fleet, server)) : [],
      ]);
      return { databases: found, points, buckets, models };
    },
    async opens(fleet, own, foreign) {
      if (own.kind === "database.ensure" && foreign.kind === "database.ensure") {
        return databases.opens(fleet, own.input, foreign.input);
      }
      if (own.kind === "collections.ensure" && foreign.kind === "collections.ensure") {
        const [collection] = foreign.input.collections;
        const token = reveal(collectionsSecretName(own.input.instance));
        return opensCollection(locate(fleet, foreign.server), { collection: collection?.name ?? "", token });
      }
      if (own.kind === "buckets.ensure" && foreign.kind === "buckets.ensure") {
        const [bucket = ""] = foreign.input.buckets;
        const { accessKey, owner } = own.input;
        const secretKey = reveal(bucketsSecretName(owner));
        return opensBucket(objectStore(fleet, foreign.server), { bucket, accessKey, secretKey });
      }
      return false;
    },
    close: () => postgres.close(),
  };
}

async function observeEach<N extends { server: string }>(
  needs: readonly N[],
  observe: (need: N) => Promise<ObservedNeed>,
): Promise<Map<string, ObservedNeed>> {
  const seen = await Promise.all(needs.map(async (need) => [need.server, await observe(need)] as const));
  return new Map(seen);
}
