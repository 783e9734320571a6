/** Who gets a request: Traefik's routers, as far as Berth uses them. Pure. */
import type { TraefikConfiguration, TraefikRouter } from "@berth/shared/routes/traefik";
import { refusal } from "./refusal.ts";

/** Traefik's usual names for its ports: plain HTTP at `web`, TLS at `websecure`. */
export type EntryPoint = "web" | "websecure";

export interface RoutingTable {
  /** Every host name that is routed. */
  hosts: string[];
  /** Service for a request to that host (a port behind it does not count); undefined: 404. */
  serviceFor: (entryPoint: EntryPoint, host: string | undefined) => string | undefined;
  /** The oldest version of TLS that is spoken. */
  minVersion: "TLSv1.2" | "TLSv1.3";
}

const hostRule = /^Host\(`(?<host>[^`]+)`\)$/;

/** Throws `protocol.invalid` for what the stand-in does not know: other rules than Host, and names that lead nowhere. */
export function routingTable({ http, tls }: TraefikConfiguration): RoutingTable {
  const routers = Object.entries(http?.routers ?? {}).map(([name, router]) => {
    if (http?.services[router.service] === undefined) throw refusal(`router '${name}' leads to no service`);
    const { options } = router.tls ?? {};
    if (options !== undefined && tls?.options[options] === undefined) {
      throw refusal(`router '${name}' has the TLS options '${options}', which are not there`);
    }
    return { router, hosts: hostsOf(name, router) };
  });
  const versions = Object.values(tls?.options ?? {}).map(({ minVersion }) => minVersion);
  return {
    hosts: [...new Set(routers.flatMap(({ hosts }) => hosts))].toSorted(),
    serviceFor(entryPoint, host) {
      const name = host?.replace(/:\d+$/, "").toLowerCase();
      return routers.find(
        ({ router, hosts }) =>
          name !== undefined &&
          hosts.includes(name) &&
          router.entryPoints.includes(entryPoint) &&
          (router.tls !== undefined) === (entryPoint === "websecure"),
      )?.router.service;
    },
    minVersion: versions.includes("VersionTLS13") ? "TLSv1.3" : "TLSv1.2",
  };
}

function hostsOf(name: string, { rule }: TraefikRouter): string[] {
  return rule.split("||").map((part) => {
    const host = hostRule.exec(part.trim())?.groups?.["host"];
    if (host === undefined) throw refusal(`router '${name}' has the rule ${rule}; only Host(\`…\`) is known`);
    return host.toLowerCase();
  });
}
