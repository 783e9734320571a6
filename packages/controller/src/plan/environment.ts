/** Resolves the placeholders of a service's environment: plain ones to values, secrets to references. Pure. */
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { hostPorts, type Placement } from "@berth/shared/fleet/instances";
import { routeHost } from "@berth/shared/fleet/routes";
import type { Fleet } from "@berth/shared/fleet/schema";
import { sharedScope } from "@berth/shared/names";
import type { DatabaseNeed } from "@berth/shared/operations/database-ensure";
import { writeSecretReference } from "./secret-reference.ts";

export interface EnvironmentContext {
  fleet: Fleet;
  catalog: Catalog;
  placement: Placement;
  database: DatabaseNeed | null;
  secretVersion: (name: string) => number;
}

/** The catalog's environment with the fleet's additions, sorted by name. Additions are literal: `${` stays as it is. */
export function resolveEnvironment(context: EnvironmentContext): Record<string, string> {
  const { service, overrides } = context.placement;
  const resolved = Object.entries(service.env).map(([name, text]) => [name, resolve(text, context)] as const);
  const all = { ...Object.fromEntries(resolved), ...overrides.env };
  return Object.fromEntries(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Secret of an instance's database role. */
export function databaseSecretName(instance: string): string {
  return `${instance}/database`;
}

function resolve(text: string, context: EnvironmentContext): string {
  return text.replaceAll(/\$\{([a-zA-Z0-9.-]+)\}/g, (_, expression: string) => valueOf(expression, context));
}

function valueOf(expression: string, context: EnvironmentContext): string {
  const { fleet, placement, database } = context;
  const [scope, ...rest] = expression.split(".");
  const host = routeHost(fleet, placement.tenant, placement.service.name);
  switch (scope) {
    case "secret":
      return reference(`${placement.instance}/${rest.join(".")}`, context);
    case "database":
      if (database !== null) return databaseValue(rest[0] ?? "", database, context);
      break;
    case "service":
      return serviceValue(rest[0] ?? "", rest[1] ?? "", context);
    case "route":
      if (rest[0] === "host") return host;
      if (rest[0] === "url") return `https://${host}`;
      break;
    case "node":
      if (rest[0] === "address") return fleet.nodes[placement.node]?.address ?? "";
      break;
    case "tenant":
      return placement.tenant ?? sharedScope;
    default:
  }
  throw new BerthError(
    "internal",
    `The catalog's service '${placement.service.name}' uses the unknown placeholder \${${expression}}`,
  );
}

function databaseValue(field: string, database: DatabaseNeed, context: EnvironmentContext): string {
  switch (field) {
    case "host":
      return serviceValue("postgres", "address", context);
    case "port":
      return serviceValue("postgres", "port", context);
    case "name":
      return database.database;
    case "user":
      return database.role;
    case "password":
      return reference(databaseSecretName(database.instance), context);
    default:
      throw new BerthError("internal", `No field '${field}' of a database`);
  }
}

function serviceValue(name: string, field: string, { fleet, catalog }: EnvironmentContext): string {
  const placed = fleet.services.shared[name];
  const service = catalog.get(name);
  const address = placed === undefined ? undefined : fleet.nodes[placed.node]?.address;
  if (placed === undefined || service === undefined || address === undefined) {
    throw new BerthError("internal", `No shared service '${name}' in the fleet`);
  }
  if (field === "address") return address;
  return String(hostPorts(service, placed)[0]?.host ?? "");
}

function reference(name: string, context: EnvironmentContext): string {
  return writeSecretReference({ name, version: context.secretVersion(name) });
}
