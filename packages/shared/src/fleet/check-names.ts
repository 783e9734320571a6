/** Whether names that are made of tenants', services' and buckets' names stay apart, and fit where they are used. Pure. */
import type { Catalog } from "../catalog/schema.ts";
import { bucketName, collectionPrefix, databaseName, reservedTenantName } from "../names.ts";
import type { Finding } from "./check.ts";
import { containerNames, placements, type Placement } from "./instances.ts";
import { possibleNeeds, tenantBuckets } from "./needs.ts";
import type { Fleet } from "./schema.ts";

/** Of an identifier in PostgreSQL, less what the login of a rotated password has behind its role's name. */
const longestDatabase = 63 - ".v9999".length;
/** Of a bucket in S3. */
const longestBucket = 63;

export function checkNames(fleet: Fleet, catalog: Catalog): Finding[] {
  const placed = placements(fleet, catalog);
  return [
    ...checkTenantNames(fleet, placed),
    ...checkContainerNames(placed),
    ...placed.flatMap((placement) => checkDatabase(fleet, placement)),
    ...checkApart("collection", collectionNames(fleet, placed)),
    ...checkApart("bucket", bucketNames(fleet, placed)),
    ...bucketNames(fleet, placed).flatMap(checkBucketLength),
  ];
}

/** Secrets and access keys go by their owner's name, which is a tenant's or an instance's: no name is both. */
function checkTenantNames({ tenants }: Fleet, placed: readonly Placement[]): Finding[] {
  const instances = new Set(placed.map(({ instance }) => instance));
  return Object.keys(tenants).flatMap((name): Finding[] => {
    const reason = reservedTenantName(name) ?? (instances.has(name) ? "is the name of an instance" : undefined);
    if (reason === undefined) return [];
    return [{ path: ["tenants", name], message: `'${name}' ${reason}; choose another name`, at: "key" }];
  });
}

/** A part's container can have the name of another instance: `user1-a` with part `b`, and `user1-a-b`. */
function checkContainerNames(placed: readonly Placement[]): Finding[] {
  const findings: Finding[] = [];
  const owners = new Map<string, string>();
  for (const { instance, service, path } of placed) {
    for (const name of containerNames(instance, service)) {
      const owner = owners.get(name);
      if (owner !== undefined) findings.push({ path, message: nameTaken(name, instance, owner), at: "key" });
      owners.set(name, instance);
    }
  }
  return findings;
}

function nameTaken(name: string, instance: string, owner: string): string {
  if (name === owner && name === instance) return `instance name '${name}' is taken`;
  return `container name '${name}' is taken by '${owner}'`;
}

/** PostgreSQL cuts a longer name off, and would find another database under it, or none. */
function checkDatabase(fleet: Fleet, { tenant, service, path }: Placement): Finding[] {
  const name = databaseName(tenant, service.name);
  const isNeeded = possibleNeeds(fleet, service).some(({ kind }) => kind === "database");
  if (!isNeeded || name.length <= longestDatabase) return [];
  const message = `its database '${name}' would have ${name.length} characters, and PostgreSQL has room for ${longestDatabase}`;
  return [{ path, message, at: "key" }];
}

interface DerivedName {
  name: string;
  /** The tenant or instance that has it. */
  owner: string;
  path: readonly string[];
}

function collectionNames(fleet: Fleet, placed: readonly Placement[]): DerivedName[] {
  return placed.flatMap(({ instance, service, tenant, path }) =>
    possibleNeeds(fleet, service)
      .flatMap((need) => (need.kind === "collections" ? need.collections : []))
      .map(({ name }) => ({ name: `${collectionPrefix(tenant, service.name)}_${name}`, owner: instance, path })),
  );
}

/** A tenant's instances share its buckets. */
function bucketNames(fleet: Fleet, placed: readonly Placement[]): DerivedName[] {
  const tenants = "minio" in fleet.services.shared ? Object.keys(fleet.tenants) : [];
  return [
    ...tenants.flatMap((owner) =>
      tenantBuckets.map((bucket) => ({ name: bucketName(owner, bucket), owner, path: ["tenants", owner] })),
    ),
    ...placed.flatMap(({ instance, service, tenant, path }) =>
      possibleNeeds(fleet, service)
        .flatMap((need) => (need.kind === "buckets" ? need.buckets : []))
        .map((bucket) => ({ name: bucketName(tenant ?? instance, bucket), owner: tenant ?? instance, path })),
    ),
  ];
}

/** `user1` with a bucket `a-files` and `user1-a` with a bucket `files` would have one and the same. */
function checkApart(what: string, names: readonly DerivedName[]): Finding[] {
  const owners = new Map<string, string>();
  return names.flatMap(({ name, owner, path }): Finding[] => {
    const other = owners.get(name) ?? owner;
    owners.set(name, owner);
    return other === owner ? [] : [{ path, message: `its ${what} '${name}' is that of '${other}'`, at: "key" }];
  });
}

function checkBucketLength({ name, path }: DerivedName): Finding[] {
  if (name.length <= longestBucket) return [];
  const message = `its bucket '${name}' would have ${name.length} characters, and S3 has room for ${longestBucket}`;
  return [{ path, message, at: "key" }];
}
