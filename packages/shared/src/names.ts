import * as z from "zod";

/** Names of fleets, nodes, tenants and templates: a DNS label, so they can stand in a hostname, a role and a path. */
export const nameSchema = z.string().regex(/^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/, {
  error: "must be 1 to 32 of a-z, 0-9 and '-', start with a letter and not end with '-'",
});

/** `<tenant>-<service>` or `shared-<service>`. */
export const instanceNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,64}$/, { error: "is not an instance name" });

/** The instance's, or `<instance>-<part>` in a service of several containers. */
export const containerNameSchema = z.string().regex(/^[a-z][a-z0-9-]{0,127}$/, { error: "is not a container's name" });

/** The tenant part of an instance that belongs to nobody in particular. */
export const sharedScope = "shared";

/** Why a tenant cannot have a name, in words that complete "'shared' …"; undefined: it can. */
export function reservedTenantName(name: string): string | undefined {
  if (name === sharedScope) return "stands for the shared services";
  // Its secrets would stand among Berth's own: berth-routes/token.
  if (/^berth(?:-|$)/.test(name)) return "is a name of Berth's own";
  // Its secrets would stand among those of backups: backup-user1/password.
  if (/^backup(?:-|$)/.test(name)) return "is a name that backups have";
  // Its secrets would stand among those of alerts' receivers: alerts/ops.
  if (name === "alerts") return "is what the secrets of alerts are called";
  // Its secrets would stand where that of remote write is: metrics/remoteWrite.
  if (name === "metrics") return "is what the secret of remote write is called";
  // Its backups would lie where the controller's own do.
  if (name === "controller") return "is what the controller's own backups are called";
  // Its databases and roles would begin with pg_.
  return /^pg(?:-|$)/.test(name) ? "begins as names do that PostgreSQL keeps to itself" : undefined;
}

/** Of a shared service that further nodes run too: `shared-ollama-gpu2`. */
export function replicaName(service: string, node: string): string {
  return `${instanceName(null, service)}-${node}`;
}

export function instanceName(tenant: string | null, service: string): string {
  return `${tenant ?? sharedScope}-${service}`;
}

/** PostgreSQL databases and roles of the design document: `user1_n8n`, `shared_langfuse`. */
export function databaseName(tenant: string | null, service: string): string {
  return `${tenant ?? sharedScope}_${service}`.replaceAll("-", "_");
}

/**
 * Name under which an instance logs in to its database: at first the role that owns it, after each rotation of the
 * password a login of its own, `user1_n8n.v2`. The dot keeps it apart from every database's name.
 */
export function databaseLogin(role: string, version: number): string {
  return version === 1 ? role : `${role}.v${version}`;
}

/** Collections of the design document: `user1_openwebui` before `_documents`. */
export function collectionPrefix(tenant: string | null, service: string): string {
  return databaseName(tenant, service);
}

/** Buckets of the design document: `user1-uploads`. */
export function bucketName(owner: string, bucket: string): string {
  return `${owner}-${bucket}`;
}

/** Id of an owner's access key in the object store, where ids have at least three characters. */
export function accessKeyName(owner: string): string {
  return `berth-${owner}`;
}
