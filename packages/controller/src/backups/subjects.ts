/** What there is to back up: of each instance that holds something, and of each tenant in its buckets. Pure. */
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { awakening, isTenantSuspended } from "@berth/shared/fleet/awake";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { BackupSource } from "@berth/shared/operations/backup-source";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { OperationInput } from "@berth/shared/operations/index";
import { locateInstance } from "../apply/locate.ts";
import type { Desired } from "../plan/desired.ts";
import { bucketsSecretName, collectionsSecretName, databaseSecretName } from "../plan/secret-names.ts";
import { writeSecretReference } from "../plan/secret-reference.ts";

export interface SubjectsContext {
  fleet: Fleet;
  /** With the fleet's own services. */
  catalog: Catalog;
  /** What the fleet comes to: what is suspended is not in it, and cannot be read. */
  desired: Desired;
  /** Present version of a secret; 1 for one that does not exist yet. */
  secretVersion: (name: string) => number;
}

export interface BackupSubject {
  /** Tenant, or the shared instance itself: whose repository it goes to. */
  owner: string;
  /** Instance, or the tenant for its buckets. */
  subject: string;
  node: string;
  /** Of the instance's service. */
  version?: string;
  /** Its format demands that the instance is stopped meanwhile. */
  stop: boolean;
  sources: BackupSource[];
}

/**
 * In the order of the fleet. What the shared stores keep is read with the credentials of whom it belongs to, and is in
 * its owner's backup; the stores themselves have none.
 */
export function backupSubjects(context: SubjectsContext): BackupSubject[] {
  const { fleet, desired } = context;
  const instances = desired.instances.map(({ spec }) => instanceSubject(spec, context));
  const tenants = Object.entries(fleet.tenants).map(([tenant, { node }]): BackupSubject => ({
    owner: tenant,
    subject: tenant,
    node,
    stop: false,
    sources: bucketsOf(tenant, context),
  }));
  return [...instances, ...tenants].filter(({ sources }) => sources.length > 0);
}

/** Those of a tenant or an instance; all for null. Throws `not-found`, and `conflict` for what is suspended. */
export function chooseSubjects(of: string | null, context: SubjectsContext): BackupSubject[] {
  const all = backupSubjects(context);
  if (of === null) return all;
  refuseSuspended(of, context);
  const chosen = all.filter(({ owner, subject }) => owner === of || subject === of);
  if (chosen.length > 0) return chosen;
  if (of in context.fleet.tenants || context.desired.instances.some(({ spec }) => spec.instance === of))
    throw new BerthError("request.invalid", `${of} holds nothing that is backed up by itself`, {
      hint: "What belongs to tenants in the shared stores is in their own backups: see docs/backups.md",
    });
  throw new BerthError("not-found", `No tenant or instance is named '${of}'`, {
    hint: "`berth status` shows what there is",
  });
}

/**
 * All that a tenant holds, which may be nothing. Throws `conflict` for one that is suspended, or that has an instance
 * which is: not all of it could be read.
 */
export function tenantSubjects(tenant: string, context: SubjectsContext): BackupSubject[] {
  for (const name of [tenant, ...suspendedOf(tenant, context.desired)]) refuseSuspended(name, context);
  return backupSubjects(context).filter(({ owner }) => owner === tenant);
}

/** What of it is not read, as a sentence each. null: of everything. */
export function restingNotes(
  of: string | null,
  { fleet, desired }: Pick<SubjectsContext, "fleet" | "desired">,
): string[] {
  const tenants = Object.entries(fleet.tenants)
    .filter(([name, { suspended }]) => suspended && (of === null || of === name))
    .map(([name]) => `tenant '${name}' is suspended: its last backup stands`);
  const instances = [...desired.suspended]
    .filter(([, { tenant, withTenant }]) => !withTenant && (of === null || of === tenant))
    .map(([name, { tenant }]) =>
      tenant === null
        ? `${name} is suspended: its last backup stands`
        : `${name} is suspended: it is not in this backup of '${tenant}', and in the last one from before`,
    );
  return [...tenants, ...instances];
}

function suspendedOf(tenant: string, { suspended }: Desired): string[] {
  return [...suspended].filter(([, whose]) => whose.tenant === tenant && !whose.withTenant).map(([name]) => name);
}

function refuseSuspended(of: string, { fleet, desired }: SubjectsContext): void {
  const suspension = desired.suspended.get(of);
  const tenant = isTenantSuspended(fleet, of) ? of : suspension?.withTenant ? suspension.tenant : null;
  if (tenant === null && suspension === undefined) return;
  const who = tenant === null ? of : `Tenant '${tenant}'`;
  throw new BerthError("conflict", `${who} is suspended: its databases let nobody in`, {
    hint: `\`${awakening(fleet, { tenant, instance: of })}\` first`,
  });
}

function instanceSubject(spec: InstanceSpec, context: SubjectsContext): BackupSubject {
  const { instance, tenant, node, service, version } = spec;
  const { method, stop } = context.catalog.get(service)?.backup ?? { method: "none", stop: false };
  const hasVolumes = method === "volumes" || method === "neo4j";
  return {
    owner: tenant ?? instance,
    subject: instance,
    node,
    version,
    stop: stop && hasVolumes,
    sources: [
      ...(hasVolumes ? volumesOf(spec) : []),
      ...databaseOf(instance, context),
      ...collectionsOf(instance, context),
      // A shared instance has its own key to its buckets; those of a tenant belong to all its instances.
      ...(tenant === null ? bucketsOf(instance, context) : []),
    ],
  };
}

/** Named on the node as its agent names them. */
function volumesOf({ instance, containers }: InstanceSpec): BackupSource[] {
  const names = new Set(containers.flatMap(({ volumes }) => volumes.map(({ volume }) => volume)));
  return [...names].map((name) => ({ kind: "volume", name, volume: `${instance}-${name}` }));
}

function databaseOf(instance: string, context: SubjectsContext): BackupSource[] {
  return needsOf("database.ensure", context.desired)
    .filter((need) => need.instance === instance)
    .map(({ server, database, role, login }) => {
      const { address: host, port } = locateInstance(context.fleet, server, context.catalog);
      return {
        kind: "database",
        name: "database",
        image: imageOf(server, context.desired),
        host,
        port,
        database,
        user: login ?? role,
        password: reference(databaseSecretName(instance), context),
      };
    });
}

function collectionsOf(instance: string, context: SubjectsContext): BackupSource[] {
  return needsOf("collections.ensure", context.desired)
    .filter((need) => need.instance === instance)
    .map(({ server, collections }) => {
      const { address, port } = locateInstance(context.fleet, server, context.catalog);
      return {
        kind: "collections",
        name: "collections",
        url: `http://${address}:${port}`,
        token: reference(collectionsSecretName(instance), context),
        collections: collections.map(({ name }) => name),
      };
    });
}

function bucketsOf(owner: string, context: SubjectsContext): BackupSource[] {
  return needsOf("buckets.ensure", context.desired)
    .filter((need) => need.owner === owner)
    .map(({ server, accessKey, buckets }) => {
      const { address: endpoint, port } = locateInstance(context.fleet, server, context.catalog);
      const secretKey = reference(bucketsSecretName(owner), context);
      return { kind: "buckets", name: "buckets", endpoint, port, accessKey, secretKey, buckets };
    });
}

function needsOf<K extends "database.ensure" | "collections.ensure" | "buckets.ensure">(
  kind: K,
  { needs }: Desired,
): OperationInput<K>[] {
  // The kind and its input belong together; spread apart, the compiler no longer sees it.
  return needs.flatMap((need) => (need.kind === kind ? [need.input as OperationInput<K>] : []));
}

/** The server's own image has the client programs of its version. */
function imageOf(server: string, { instances }: Desired): string {
  const spec = instances.find((desired) => desired.spec.instance === server)?.spec;
  const image = spec?.containers.find(({ name }) => name === server)?.image;
  if (image !== undefined) return image;
  throw new BerthError("not-found", `No instance is named '${server}'`);
}

function reference(name: string, { secretVersion }: SubjectsContext): string {
  return writeSecretReference({ name, version: secretVersion(name) });
}
