/** Resolves the placeholders of a service's environment: plain ones to values, secrets to references. Pure. */
import type { Catalog, Use } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import { hostPorts, partName, type Placement } from "@berth/shared/fleet/instances";
import { presentUses } from "@berth/shared/fleet/needs";
import { routeUrl } from "@berth/shared/fleet/routes";
import type { Fleet } from "@berth/shared/fleet/schema";
import { accessKeyName, bucketName, collectionPrefix, instanceName, sharedScope } from "@berth/shared/names";
import { bucketsOwner, type PlacementNeeds } from "./desired-needs.ts";
import { writeSecretReference } from "./secret-reference.ts";
import {
  bucketsSecretName,
  collectionsSecretName,
  databaseSecretName,
  keySecretName,
  metricsTokenName,
} from "./secret-names.ts";

export interface EnvironmentContext {
  fleet: Fleet;
  catalog: Catalog;
  placement: Placement;
  needs: PlacementNeeds;
  /** Present version of a secret that Berth makes; 1 for one that does not exist yet. */
  secretVersion: (name: string) => number;
  /** Present version of a secret that a person gives; null: none was given. */
  givenSecret: (name: string) => number | null;
  /** PEM of the controller's own authority. */
  controllerCa: string;
}

/**
 * The catalog's environment, with that of the uses that the fleet has and the fleet's additions, sorted by name.
 * Additions are literal: `${` stays as it is.
 */
export function resolveEnvironment(context: EnvironmentContext): Record<string, string> {
  const { service, overrides, tenant } = context.placement;
  const hasKey = (key: string) => tenant !== null && context.givenSecret(keySecretName(tenant, key)) !== null;
  const resolved = [
    ...entries(service.env, context),
    ...presentUses(context.fleet, service, hasKey).flatMap((use) => entries(use.env, context, use)),
  ];
  const all = { ...Object.fromEntries(resolved), ...overrides.env };
  return Object.fromEntries(Object.entries(all).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function entries(env: Record<string, string>, context: EnvironmentContext, use?: Use): [string, string][] {
  return Object.entries(env).map(([name, text]) => [name, resolveText(text, context, use)]);
}

/** A text with its placeholders resolved; `$${x}` stands for a literal `${x}`. */
export function resolveText(text: string, context: EnvironmentContext, use?: Use): string {
  return text.replaceAll(/\$?\$\{([a-zA-Z0-9.-]+)\}/g, (whole, expression: string) =>
    whole.startsWith("$$") ? whole.slice(1) : valueOf(expression, context, use),
  );
}

function valueOf(expression: string, context: EnvironmentContext, use?: Use): string {
  const { fleet, placement, needs } = context;
  const [scope, ...path] = expression.split(".");
  const [first = "", second = "", third = ""] = path;
  const values: Readonly<Record<string, () => string | undefined>> = {
    secret: () => ownSecret(first, second, context),
    database: () => databaseValue(first, context),
    collections: () => collectionsValue(first, context),
    bucket: () => (needs.buckets.includes(first) ? bucketName(bucketsOwner(placement), first) : undefined),
    buckets: () => bucketsValue(first, context),
    key: () => keyValue(use, context),
    service: () => serviceValue(first, second, third, context),
    part: () => partName(placement.instance, first),
    main: () => placement.instance,
    route: () => routeValue(first, fleet, placement),
    node: () => (first === "address" ? fleet.nodes[placement.node]?.address : undefined),
    controller: () => controllerValue(first, context),
    tenant: () => placement.tenant ?? sharedScope,
  };
  const value = values[scope ?? ""]?.();
  if (value !== undefined) return value;
  throw new BerthError("internal", `The service '${placement.service.name}' uses the placeholder \${${expression}}`, {
    hint: "It has no value there: see `berth catalog show` for what the service needs and uses",
  });
}

function ownSecret(key: string, hash: string, context: EnvironmentContext): string {
  const { instance, service } = context.placement;
  const name = `${instance}/${key}`;
  const rule = service.secrets[key];
  // What is read once only must not replace the container when it changes.
  const version = rule !== undefined && "initial" in rule ? 1 : context.secretVersion(name);
  return writeSecretReference({ name, version, ...(hash === "bcrypt" ? { hash } : {}) });
}

function controllerValue(field: string, context: EnvironmentContext): string | undefined {
  const { fleet, placement, controllerCa } = context;
  const values: Readonly<Record<string, () => string | undefined>> = {
    address: () => fleet.controller.address,
    port: () => String(fleet.controller.port),
    ca: () => controllerCa,
    // It tells of every tenant: no tenant ever holds it.
    metricsToken: () => (placement.tenant === null ? reference(metricsTokenName, context) : undefined),
  };
  return values[field]?.();
}

function databaseValue(field: string, context: EnvironmentContext): string | undefined {
  const { database } = context.needs;
  if (database === null) return undefined;
  const host = serviceAddress("postgres", context);
  const port = servicePort("postgres", "", context);
  const user = database.login ?? database.role;
  const password = reference(databaseSecretName(database.instance), context);
  return {
    host,
    port,
    name: database.database,
    user,
    password,
    // Generated passwords are letters and digits: they need no encoding.
    url: `postgresql://${user}:${password}@${host}:${port}/${database.database}`,
  }[field];
}

function collectionsValue(field: string, context: EnvironmentContext): string | undefined {
  const { placement, needs } = context;
  if (needs.collections === null) return undefined;
  if (field === "prefix") return collectionPrefix(placement.tenant, placement.service.name);
  return field === "token" ? reference(collectionsSecretName(placement.instance), context) : undefined;
}

function bucketsValue(field: string, context: EnvironmentContext): string | undefined {
  const owner = bucketsOwner(context.placement);
  if (field === "accessKey") return accessKeyName(owner);
  return field === "secretKey" ? reference(bucketsSecretName(owner), context) : undefined;
}

function keyValue(use: Use | undefined, { placement, givenSecret }: EnvironmentContext): string | undefined {
  if (use?.key === undefined || placement.tenant === null) return undefined;
  const name = keySecretName(placement.tenant, use.key);
  const version = givenSecret(name);
  return version === null ? undefined : writeSecretReference({ name, version });
}

function serviceValue(name: string, field: string, detail: string, context: EnvironmentContext): string | undefined {
  switch (field) {
    case "address":
      return serviceAddress(name, context);
    case "port":
      return servicePort(name, detail, context);
    case "url":
      return `http://${serviceAddress(name, context)}:${servicePort(name, "", context)}`;
    case "route":
      return sharedRoute(name, detail, context);
    case "secret":
      // A shared service's secret is for shared services: no tenant ever holds it.
      return context.placement.tenant === null
        ? reference(`${instanceName(null, name)}/${detail}`, context)
        : undefined;
    default:
      return undefined;
  }
}

function sharedRoute(name: string, field: string, { fleet, catalog }: EnvironmentContext): string | undefined {
  const placed = fleet.services.shared[name];
  const service = catalog.get(name);
  if (placed === undefined || service === undefined) return undefined;
  return routeValue(field, fleet, { service, tenant: null, node: placed.node, overrides: placed });
}

function routeValue(
  field: string,
  fleet: Fleet,
  placement: Pick<Placement, "service" | "tenant" | "node" | "overrides">,
): string | undefined {
  if (field === "host") return new URL(routeUrl(fleet, placement)).hostname;
  return field === "url" ? routeUrl(fleet, placement) : undefined;
}

function serviceAddress(name: string, { fleet }: EnvironmentContext): string | undefined {
  const placed = fleet.services.shared[name];
  return placed === undefined ? undefined : fleet.nodes[placed.node]?.address;
}

/** Host port by its name; the first one when no name is given. */
function servicePort(name: string, port: string, { fleet, catalog }: EnvironmentContext): string | undefined {
  const placed = fleet.services.shared[name];
  const service = catalog.get(name);
  if (placed === undefined || service === undefined) return undefined;
  const index = port === "" ? 0 : service.ports.findIndex((candidate) => candidate.name === port);
  const host = hostPorts({ ...service, parts: [] }, placed)[index]?.host;
  return host === undefined ? undefined : String(host);
}

function reference(name: string, context: EnvironmentContext): string {
  return writeSecretReference({ name, version: context.secretVersion(name) });
}
