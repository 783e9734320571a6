/** A stand-in for Traefik: takes its routes from the controller, and routes by them. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { isDeepStrictEqual } from "node:util";
import type { TraefikConfiguration } from "@berth/shared/routes/traefik";
import type { RouterAuthority } from "./authority.ts";
import type { CheckConfiguration } from "./check.ts";
import { poll } from "./poll.ts";
import { openPool, type ServerPool } from "./pool.ts";
import { createRouterProxy, type Destination } from "./proxy.ts";
import { type EntryPoint, routingTable } from "./table.ts";

export interface RouterOptions {
  /** Where it listens, and what servers see as its address. */
  address: string;
  /** Of the entry points `web` and `websecure`; 0: any free one. */
  ports: Record<EntryPoint, number>;
  provider: { endpoint: string; ca: string; token: string };
  authority: RouterAuthority;
  check: CheckConfiguration;
  intervalMilliseconds?: number;
  /** One line for each thing that happened. */
  log: (line: string) => void;
}

export interface Router {
  ports: Record<EntryPoint, number>;
  close: () => Promise<void>;
}

const defaultIntervalMilliseconds = 1000;
const requestMilliseconds = 5000;

/** Listens, and polls until it is closed. A configuration that it refuses changes nothing. */
export async function startRouter(options: RouterOptions): Promise<Router> {
  const { address, authority, log } = options;
  const proxy = createRouterProxy({ localAddress: address });
  const pools = new Map<string, ServerPool>();
  let table = routingTable({});

  function destination(entryPoint: EntryPoint, { headers }: IncomingMessage): Destination {
    const service = table.serviceFor(entryPoint, headers.host);
    if (service === undefined) return { status: 404 };
    const url = pools.get(service)?.next();
    return url === undefined ? { status: 503 } : { url };
  }

  function serve<S extends Server | TlsServer>(server: S, entryPoint: EntryPoint): S {
    server.on("request", (request, response) => proxy.web(request, response, destination(entryPoint, request)));
    server.on("upgrade", (request, socket, head) =>
      proxy.upgrade(request, socket, head, destination(entryPoint, request)),
    );
    return server;
  }

  const web = serve(createServer(), "web");
  const websecure = serve(createTlsServer(await authority.issue([])), "websecure");

  async function apply(document: unknown): Promise<void> {
    const configuration = options.check(document);
    const next = routingTable(configuration);
    if (!isDeepStrictEqual([next.hosts, next.minVersion], [table.hosts, table.minVersion])) {
      websecure.setSecureContext({ ...(await authority.issue(next.hosts)), minVersion: next.minVersion });
    }
    replacePools(pools, configuration, (service) =>
      openPool(service, {
        localAddress: address,
        onChange: (url, healthy) => log(`${url} is ${healthy ? "healthy" : "unhealthy"}`),
      }),
    );
    table = next;
    log(`Routes of the controller: ${next.hosts.length === 0 ? "none" : next.hosts.join(", ")}`);
  }

  await Promise.all([listen(web, address, options.ports.web), listen(websecure, address, options.ports.websecure)]);
  const ended = new AbortController();
  const polling = poll({
    ...options.provider,
    intervalMilliseconds: options.intervalMilliseconds ?? defaultIntervalMilliseconds,
    requestMilliseconds,
    signal: ended.signal,
    onDocument: apply,
    onFailure: (reason) => log(reason === null ? "The controller's routes are taken again" : reason),
  });
  return {
    ports: { web: portOf(web), websecure: portOf(websecure) },
    async close() {
      ended.abort();
      await polling;
      for (const pool of pools.values()) pool.close();
      await Promise.all([web, websecure].map(closeServer));
    },
  };
}

/** A service that stays as it is keeps its pool, with what is known of its servers. */
function replacePools(
  pools: Map<string, ServerPool>,
  { http }: TraefikConfiguration,
  open: (service: ServerPool["service"]) => ServerPool,
): void {
  const services = http?.services ?? {};
  for (const [name, pool] of pools) {
    if (isDeepStrictEqual(pool.service, services[name])) continue;
    pool.close();
    pools.delete(name);
  }
  for (const [name, service] of Object.entries(services)) {
    if (!pools.has(name)) pools.set(name, open(service));
  }
}

async function listen(server: Server | TlsServer, address: string, port: number): Promise<void> {
  server.listen(port, address);
  await once(server, "listening");
}

function portOf(server: Server | TlsServer): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("The router listens on no port");
  return address.port;
}

async function closeServer(server: Server | TlsServer): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
