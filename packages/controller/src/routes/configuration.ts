/** Traefik's dynamic configuration for the routes that are published. Pure. */
import type { Route } from "@berth/shared/api/routes";
import type { Fleet } from "@berth/shared/fleet/schema";
import type {
  TraefikConfiguration,
  TraefikHealthCheck,
  TraefikRouter,
  TraefikService,
} from "@berth/shared/routes/traefik";
import { serving } from "./resolve.ts";

/** Name of the TLS options that Berth makes. */
const ownTlsOptions = "berth";

/** The same routes give the same configuration, name by name. */
export function traefikConfiguration({ routes: settings }: Fleet, routes: readonly Route[]): TraefikConfiguration {
  const published = routes
    .filter(({ state }) => state === "published")
    .toSorted((one, other) => (one.instance < other.instance ? -1 : 1));
  // Traefik refuses a section that is there and empty.
  if (published.length === 0) return {};
  const { tlsOptions } = settings;
  return {
    http: {
      routers: Object.fromEntries(published.map((route) => [route.instance, routerOf(route, settings)])),
      services: Object.fromEntries(published.map((route) => [route.instance, serviceOf(route)])),
    },
    ...(typeof tlsOptions === "object" && isEncrypted(settings)
      ? { tls: { options: { [ownTlsOptions]: { minVersion: tlsOptions.minVersion } } } }
      : {}),
  };
}

function routerOf({ host, instance }: Route, settings: Fleet["routes"]): TraefikRouter {
  const { certResolver, tlsOptions, entryPoints } = settings;
  const options = typeof tlsOptions === "object" ? ownTlsOptions : tlsOptions;
  const tls = {
    ...(certResolver === undefined ? {} : { certResolver }),
    ...(options === undefined ? {} : { options }),
  };
  return {
    entryPoints: [...entryPoints],
    rule: `Host(\`${host}\`)`,
    service: instance,
    ...(isEncrypted(settings) ? { tls } : {}),
  };
}

/**
 * Of several servers Traefik takes one out by itself, sooner than an agent's word can travel; those that do not serve are
 * not named at all. A server that is alone is not asked for its health: there is nowhere else to send to, and one that has
 * restarted would stay out until it is asked again.
 */
function serviceOf({ servers, healthCheck }: Route): TraefikService {
  return {
    loadBalancer: {
      servers: serving(servers).map(({ address, port }) => ({ url: `http://${address}:${port}` })),
      ...(healthCheck === null || servers.length < 2 ? {} : { healthCheck: healthCheckOf(healthCheck) }),
    },
  };
}

/** The interval has to be longer than the timeout. */
function healthCheckOf({ path, timeoutSeconds }: NonNullable<Route["healthCheck"]>): TraefikHealthCheck {
  const timeout = Math.ceil(timeoutSeconds * 1000);
  return { path, interval: `${timeout * 2}ms`, timeout: `${timeout}ms` };
}

function isEncrypted({ router }: Fleet["routes"]): boolean {
  return router?.tls !== false;
}
