import type { TraefikConfiguration, TraefikRouter, TraefikService } from "@berth/shared/routes/traefik";

/** One service at a host name, behind TLS unless told. */
export function configurationFor(
  host: string,
  urls: readonly string[],
  changes: { router?: Partial<TraefikRouter>; healthCheck?: TraefikService["loadBalancer"]["healthCheck"] } = {},
): TraefikConfiguration {
  const { healthCheck } = changes;
  return {
    http: {
      routers: {
        one: { entryPoints: ["websecure"], rule: `Host(\`${host}\`)`, service: "one", tls: {}, ...changes.router },
      },
      services: {
        one: {
          loadBalancer: {
            servers: urls.map((url) => ({ url })),
            ...(healthCheck === undefined ? {} : { healthCheck }),
          },
        },
      },
    },
  };
}
