/** The room of the routes: what they are at this moment, their files, their tests, and the router's key to them. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Route, RouteList, RouteResult, TraefikProvider } from "@berth/shared/api/routes";
import type { Catalog } from "@berth/shared/catalog/schema";
import { BerthError } from "@berth/shared/errors";
import type { Fleet } from "@berth/shared/fleet/schema";
import { traefikConfigurationPath, type TraefikConfiguration } from "@berth/shared/routes/traefik";
import type { Hub } from "../agents/types.ts";
import type { FleetStore } from "../apply/fleet-store.ts";
import type { Inventory } from "../inventory/database.ts";
import { listInstances } from "../inventory/instances.ts";
import { unfinishedUpgrades } from "../inventory/upgrades.ts";
import { createReaderToken, type ReaderTokenSecrets } from "../secrets/reader-token.ts";
import { traefikConfiguration } from "./configuration.ts";
import { resolveRoutes } from "./resolve.ts";
import { routedStates, stillRouted } from "./states.ts";
import { testRoutes } from "./test-routes.ts";
import { routesTokenName } from "./token.ts";

export interface Routes {
  /** The present fleet's routes as its instances are at this moment, and how they are tested; none before the first apply. */
  list: () => Promise<RouteList>;
  /** For the router; `{}` before the first apply. */
  configuration: () => Promise<TraefikConfiguration>;
  /** What the files of `routes.directory` follow; the directory is absolute, null when none is set. */
  publication: () => Promise<{ directory: string | null; configuration: TraefikConfiguration }>;
  /**
   * Asks for routes as their users do. Throws `not-found` for a host that no route has, `request.invalid` when
   * routes.router.caFile cannot be read; not for a route that does not answer.
   */
  test: (request: RoutesTest, signal: AbortSignal) => Promise<RouteResult[]>;
  /** What Traefik's HTTP provider is set up with. */
  provider: (options: { token: boolean }) => Promise<TraefikProvider>;
  isToken: (candidate: string) => boolean;
}

export interface RoutesTest {
  /** All when left out. */
  hosts?: readonly string[] | undefined;
  /** For routes that are about to be published or that the router is yet to learn of; none when left out. */
  patienceSeconds?: number;
}

export interface RoutesDependencies {
  catalog: Catalog;
  store: Pick<FleetStore, "current">;
  inventory: Pick<Inventory, "database">;
  hub: Pick<Hub, "connection">;
  secrets: ReaderTokenSecrets;
  /** PEM of the controller's own authority. */
  caPem: string;
  /** Where the controller's TLS listener is when no fleet says so. */
  listener: { host: string; port: number };
  /** What the fleet file's relative paths are under. */
  configurationDirectory: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

const betweenLooksMilliseconds = 500;

export function createRoutes(dependencies: RoutesDependencies): Routes {
  const { store, configurationDirectory } = dependencies;
  const token = createReaderToken(routesTokenName, dependencies.secrets);

  async function fleet(): Promise<Fleet | null> {
    return (await store.current())?.fleet ?? null;
  }

  async function routesOf(present: Fleet): Promise<Route[]> {
    const instances = await listInstances(dependencies.inventory.database);
    const presence = (node: string) => dependencies.hub.connection(node);
    const now = Date.now();
    const stateOf = routedStates({ instances, presence, now, startedAt: dependencies.startedAt });
    const unfinished = await unfinishedUpgrades(dependencies.inventory.database);
    return resolveRoutes(present, dependencies.catalog, stateOf, stillRouted(unfinished, now));
  }

  async function configuration(): Promise<TraefikConfiguration> {
    const present = await fleet();
    return present === null ? {} : traefikConfiguration(present, await routesOf(present));
  }

  /** The same routes once all of them are published, or as they are when the time is over. */
  async function whenPublished(
    present: Fleet,
    routes: readonly Route[],
    end: number,
    signal: AbortSignal,
  ): Promise<readonly Route[]> {
    const isSettled = routes.every(({ state, suspended }) => state === "published" || suspended);
    if (isSettled || signal.aborted || performance.now() >= end) return routes;
    await sleep(betweenLooksMilliseconds);
    const hosts = new Set(routes.map(({ host }) => host));
    const renewed = (await routesOf(present)).filter(({ host }) => hosts.has(host));
    return whenPublished(present, renewed, end, signal);
  }

  return {
    async list() {
      const present = await fleet();
      if (present === null) return { routes: [], router: null };
      const { router } = present.routes;
      return {
        routes: await routesOf(present),
        router: router === undefined ? null : { address: router.address, port: router.port, tls: router.tls },
      };
    },
    configuration,
    async publication() {
      const directory = (await fleet())?.routes.directory;
      return {
        directory: directory === undefined ? null : resolve(configurationDirectory, directory),
        configuration: await configuration(),
      };
    },
    async test({ hosts, patienceSeconds = 0 }, signal) {
      const present = await fleet();
      if (present === null) return [];
      const end = performance.now() + patienceSeconds * 1000;
      const wanted = hosts === undefined ? await routesOf(present) : pick(await routesOf(present), hosts);
      const routes = await whenPublished(present, wanted, end, signal);
      const ca = await readRouterCa(present, configurationDirectory);
      return testRoutes(present, routes, { signal, ca, patienceMilliseconds: Math.max(0, end - performance.now()) });
    },
    async provider({ token: told }) {
      const { host, port } = (await fleet().then(listenerOf)) ?? dependencies.listener;
      return {
        endpoint: `https://${host}:${port}${traefikConfigurationPath}`,
        ca: dependencies.caPem,
        token: told ? (await token.reveal()).reveal() : null,
      };
    },
    isToken: (candidate) => token.isToken(candidate),
  };
}

function listenerOf(fleet: Fleet | null): { host: string; port: number } | null {
  return fleet === null ? null : { host: fleet.controller.address, port: fleet.controller.port };
}

export function unknownHost(host: string): BerthError {
  return new BerthError("not-found", `No route has the name '${host}'`, { hint: "See `berth route list`" });
}

function pick(routes: readonly Route[], hosts: readonly string[]): Route[] {
  return hosts.map((host) => {
    const found = routes.find((route) => route.host === host);
    if (found !== undefined) return found;
    throw unknownHost(host);
  });
}

/** Read at each test, so that a router's new certificate counts at once. */
async function readRouterCa(
  { routes: { router } }: Fleet,
  configurationDirectory: string,
): Promise<string | undefined> {
  if (router?.caFile === undefined) return undefined;
  const path = resolve(configurationDirectory, router.caFile);
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BerthError("request.invalid", `routes.router.caFile cannot be read: ${reason}`, {
      hint: `Put the PEM of the router's CA, or of its certificate, into ${path} on the controller's machine.`,
      cause: error,
    });
  }
}
