/** Which names secrets can have in a fleet, so that a mistyped one is told of. Pure. */
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { sharedScope } from "@berth/shared/names";
import type { Desired } from "../plan/desired.ts";
import { ownersOf } from "../plan/owners.ts";
import { databaseSecretName } from "../plan/secret-names.ts";
import { scopeOf } from "./secret-uses.ts";

export interface KnownNames {
  desired: Desired;
  catalog: Catalog;
  /** Of the secrets that there are, needed or not. */
  names: readonly string[];
}

/**
 * Throws `not-found` for the name of a secret that nothing in the fleet has, and nothing could have that comes into it:
 * values may be given before their instance is made.
 */
export function refuseUnknownName(name: string, known: KnownNames): void {
  const scope = scopeOf(name);
  const present = [...known.names, ...known.desired.secrets.map((need) => need.name)];
  if (present.includes(name)) return;
  const others = present.filter((other) => scopeOf(other) === scope);
  if (others.length > 0) throw noSecret(name, others);
  const service = serviceOf(scope, known);
  if (service === undefined) {
    throw new BerthError("not-found", `There is no instance '${scope}', and no service that would make one`, {
      hint: "Instances are named TENANT-SERVICE or shared-SERVICE: see `berth status` and `berth catalog list`.",
    });
  }
  const possible = secretsOf(scope, service);
  if (!possible.includes(name)) throw noSecret(name, possible);
}

/** The error for what is neither a secret nor an instance with secrets: says what it is, or what there is. */
export function unknownTarget(target: string, known: Pick<KnownNames, "names"> & { desired?: Desired }): BerthError {
  const tenant = known.desired === undefined ? [] : instancesOf(target, known.desired);
  if (tenant.length > 0) {
    return new BerthError("request.invalid", `${target} is a tenant: secrets are rotated an instance at a time`, {
      hint: `Its instances are ${tenant.join(", ")}.`,
    });
  }
  if (target.includes("/")) {
    return noSecret(
      target,
      known.names.filter((name) => scopeOf(name) === scopeOf(target)),
    );
  }
  return new BerthError("not-found", `There is no instance '${target}' with secrets`, {
    hint: "`berth secret list` shows the secrets. Name one, such as user1-n8n/database, or an instance.",
  });
}

function noSecret(name: string, others: readonly string[]): BerthError {
  const scope = scopeOf(name);
  const has = [...new Set(others)].map((other) => other.slice(scope.length + 1)).toSorted();
  return new BerthError("not-found", `There is no secret ${name}`, {
    hint: has.length === 0 ? "`berth secret list` shows the secrets." : `${scope} has ${has.join(", ")}.`,
  });
}

function instancesOf(tenant: string, desired: Desired): string[] {
  return [...ownersOf(desired, tenant)].filter((owner) => owner !== tenant);
}

/** The service of an instance that may come: `user4-n8n` when there is no user4 yet. */
function serviceOf(instance: string, { catalog }: KnownNames) {
  return [...catalog.values()].find(({ name, scope }) => {
    const owner = instance.endsWith(`-${name}`) ? instance.slice(0, -name.length - 1) : "";
    return owner !== "" && (owner === sharedScope) === (scope === "shared");
  });
}

function secretsOf(instance: string, { secrets, needs, uses }: NonNullable<ReturnType<typeof serviceOf>>): string[] {
  const hasDatabase = [...needs, ...uses.flatMap((use) => use.needs)].some(({ kind }) => kind === "database");
  const own = Object.keys(secrets).map((key) => `${instance}/${key}`);
  return hasDatabase ? [...own, databaseSecretName(instance)] : own;
}
