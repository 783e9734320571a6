/** What instances must have in the shared stores: databases, collections, buckets, models. Pure. */
import type { Catalog, Need } from "@berth/shared/catalog/schema";
import { allNeeds, presentUses, serverOf, tenantBuckets } from "@berth/shared/fleet/needs";
import type { Placement } from "@berth/shared/fleet/instances";
import type { Fleet } from "@berth/shared/fleet/schema";
import {
  accessKeyName,
  bucketName,
  collectionPrefix,
  databaseLogin,
  databaseName,
  instanceName,
} from "@berth/shared/names";
import type { BucketsNeed } from "@berth/shared/operations/buckets-ensure";
import type { CollectionsNeed } from "@berth/shared/operations/collections-ensure";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import type { OperationInput } from "@berth/shared/operations/index";
import { operationId } from "./identify.ts";
import { databaseSecretName, keySecretName } from "./secret-names.ts";

export type NeedKind = "database.ensure" | "collections.ensure" | "buckets.ensure" | "models.ensure";

/** One thing that a store must have; `target` names it: a database, the instance of collections, the owner of buckets. */
export type DesiredNeed<K extends NeedKind = NeedKind> = {
  [Kind in K]: { kind: Kind; target: string; server: string; input: OperationInput<Kind> };
}[K];

/** What the needs of one kind ask for. */
export function inputsOf<K extends NeedKind>(kind: K, needs: readonly DesiredNeed[]): OperationInput<K>[] {
  return needs.flatMap((need) => (need.kind === kind ? [need.input as OperationInput<K>] : []));
}

export interface PlacementNeeds {
  database: DatabaseNeed | null;
  collections: CollectionsNeed | null;
  /** Buckets as the service names them: uploads. */
  buckets: string[];
  /** Instances that must be healthy before. */
  servers: string[];
}

/** Present versions: null for a secret that nobody gave, 1 for one that Berth has not made yet. */
export interface SecretVersions {
  givenSecret: (name: string) => number | null;
  secretVersion: (name: string) => number;
}

/** What an instance needs, with what it is connected to in this fleet. */
export function placementNeeds(
  fleet: Fleet,
  placement: Placement,
  { givenSecret, secretVersion }: SecretVersions,
): PlacementNeeds {
  const uses = presentUses(
    fleet,
    placement.service,
    (key) => placement.tenant !== null && givenSecret(keySecretName(placement.tenant, key)) !== null,
  );
  const needs = allNeeds(placement.service, uses);
  const used = uses.flatMap(({ service }) => (service === undefined ? [] : [service]));
  return {
    database: databaseNeed(fleet, placement, needs, secretVersion),
    collections: collectionsNeed(placement, needs),
    buckets: needs.flatMap((need) => (need.kind === "buckets" ? need.buckets : [])),
    servers: [...new Set([...needs.map(serverOf), ...used])]
      .filter((service) => service in fleet.services.shared)
      .map((service) => instanceName(null, service))
      .filter((instance) => instance !== placement.instance),
  };
}

function databaseNeed(
  fleet: Fleet,
  { service, tenant, instance, node }: Placement,
  needs: readonly Need[],
  secretVersion: SecretVersions["secretVersion"],
): DatabaseNeed | null {
  const need = needs.find((candidate) => candidate.kind === "database");
  if (need === undefined) return null;
  const name = databaseName(tenant, service.name);
  return {
    server: instanceName(null, "postgres"),
    instance,
    database: name,
    role: name,
    login: databaseLogin(name, secretVersion(databaseSecretName(instance))),
    extensions: need.extensions,
    clientAddress: fleet.nodes[node]?.address ?? "0.0.0.0",
  };
}

function collectionsNeed({ service, tenant, instance }: Placement, needs: readonly Need[]): CollectionsNeed | null {
  const collections = needs.flatMap((need) => (need.kind === "collections" ? need.collections : []));
  if (collections.length === 0) return null;
  const prefix = collectionPrefix(tenant, service.name);
  return {
    server: instanceName(null, "qdrant"),
    instance,
    collections: collections.map((collection) => ({ ...collection, name: `${prefix}_${collection.name}` })),
    token: instance,
  };
}

/** Whose access key an instance has in the object store: its tenant's, or its own for what is shared. */
export function bucketsOwner({ tenant, instance }: Pick<Placement, "tenant" | "instance">): string {
  return tenant ?? instance;
}

interface Placed {
  placement: Placement;
  needs: PlacementNeeds;
}

/**
 * Every need of the given instances, each once: buckets are an owner's together. What those that are suspended have there
 * is kept and not asked for, but for the buckets of an owner that goes on without one of its instances.
 */
export function desiredNeeds(
  fleet: Fleet,
  catalog: Catalog,
  placed: readonly Placed[],
  suspended: readonly Placed[] = [],
): DesiredNeed[] {
  const databases = placed.flatMap(({ needs: { database } }): DesiredNeed[] =>
    database === null
      ? []
      : [{ kind: "database.ensure", target: database.database, server: database.server, input: database }],
  );
  const collections = placed.flatMap(({ needs: { collections: need } }): DesiredNeed[] =>
    need === null ? [] : [{ kind: "collections.ensure", target: need.instance, server: need.server, input: need }],
  );
  const owners = new Set(placed.map(({ placement }) => bucketsOwner(placement)));
  const owning = [...placed, ...suspended.filter(({ placement }) => owners.has(bucketsOwner(placement)))];
  return [...databases, ...collections, ...bucketNeeds(fleet, catalog, owning), ...modelNeeds(fleet, placed)];
}

function bucketNeeds(fleet: Fleet, catalog: Catalog, placed: readonly Placed[]): DesiredNeed[] {
  const store = fleet.services.shared["minio"];
  if (store === undefined || !catalog.has("minio")) return [];
  const owners = new Map<string, Set<string>>();
  for (const { placement, needs } of placed) {
    const owner = bucketsOwner(placement);
    const buckets = owners.get(owner) ?? new Set(placement.tenant === null ? [] : tenantBuckets);
    owners.set(owner, new Set([...buckets, ...needs.buckets]));
  }
  return [...owners]
    .filter(([, buckets]) => buckets.size > 0)
    .map(([owner, buckets]): DesiredNeed => {
      const input: BucketsNeed = {
        server: instanceName(null, "minio"),
        owner,
        accessKey: accessKeyName(owner),
        buckets: [...buckets].map((bucket) => bucketName(owner, bucket)).toSorted(),
        quotaBytes: placed.some(({ placement }) => placement.tenant === owner) ? (store.bucketQuota ?? null) : null,
      };
      return { kind: "buckets.ensure", target: owner, server: input.server, input };
    });
}

/** Of each instance: a replica answers for the same models. */
function modelNeeds(fleet: Fleet, placed: readonly { placement: Placement }[]): DesiredNeed[] {
  const models = fleet.services.shared["ollama"]?.models ?? [];
  if (models.length === 0) return [];
  return placed
    .filter(({ placement: { service, tenant } }) => service.name === "ollama" && tenant === null)
    .map(({ placement: { instance: server } }): DesiredNeed => {
      return { kind: "models.ensure", target: server, server, input: { server, models } };
    });
}

/** Ids of the operations that meet an instance's needs. */
export function needIds(placement: Placement, { database, collections, buckets }: PlacementNeeds): string[] {
  return [
    ...(database === null ? [] : [operationId("database.ensure", database.database)]),
    ...(collections === null ? [] : [operationId("collections.ensure", collections.instance)]),
    ...(buckets.length === 0 ? [] : [operationId("buckets.ensure", bucketsOwner(placement))]),
  ];
}
