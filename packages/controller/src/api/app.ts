/** The HTTP application: thin routes, each calling one room. Built apart from listening, so that tests inject requests. */
import type { IncomingMessage } from "node:http";
import type { Server as HttpsServer, ServerOptions } from "node:https";
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { serveAccessTokens, type AccessTokensApi } from "./access-tokens.ts";
import { serveAccounts, type AccountsApi } from "./accounts.ts";
import { serveAlerts, type AlertsApi } from "./alerts.ts";
import { guardRoutes, type AccessOptions } from "./authenticate.ts";
import { serveBackups, type BackupsApi } from "./backups.ts";
import { serveDisks, type DisksApi } from "./disks.ts";
import type { DrillControl } from "../backups/drill-control.ts";
import { serveDrills } from "./drills.ts";
import { serveCapacity, type CapacityApi } from "./capacity.ts";
import { answerNotFound, handleErrors } from "./errors.ts";
import { serveEvents, type EventsApi } from "./events.ts";
import { serveFleet, type FleetApi } from "./fleet.ts";
import { serveHistory, type HistoryApi } from "./history.ts";
import { serveInstances, type InstancesApi } from "./instances.ts";
import { serveLive, type LiveApi } from "./live.ts";
import { serveNodes, type NodesApi } from "./nodes.ts";
import { collectOpenApi, serveOpenApi } from "./openapi.ts";
import { servePage } from "./page.ts";
import { servePrometheus, type PrometheusApi } from "./prometheus.ts";
import { serveRecovery, type RecoveryApi } from "./recovery.ts";
import { serveRoutes, type RoutesApi } from "./routes.ts";
import { serveRuns, type RunsApi } from "./runs.ts";
import { serveSamples, type SamplesApi } from "./samples.ts";
import { serveSecrets, type SecretsApi } from "./secrets.ts";
import { createSince } from "./since.ts";
import { serveTenants, type TenantsApi } from "./tenants.ts";
import { serveUpgrades, type UpgradesApi } from "./upgrades.ts";
import { serveUsage, type UsageApi } from "./usage.ts";

export interface ApiDependencies {
  fleet: FleetApi;
  nodes: NodesApi;
  runs: RunsApi;
  accounts: AccountsApi;
  accessTokens: AccessTokensApi;
  live: LiveApi;
  instances: InstancesApi;
  samples: SamplesApi;
  disks: DisksApi;
  history: HistoryApi;
  events: EventsApi;
  usage: UsageApi;
  /** When a tenant was taken in, ISO 8601; null: the fleet has none of this name. */
  tenantSince: (tenant: string) => Promise<string | null>;
  routes: RoutesApi;
  tenants: TenantsApi;
  capacity: CapacityApi;
  secrets: SecretsApi;
  backups: BackupsApi;
  upgrades: UpgradesApi;
  drills: DrillControl;
  recovery: RecoveryApi;
  prometheus: PrometheusApi;
  alerts: AlertsApi;
}

export interface AppOptions {
  access: AccessOptions;
  logger: FastifyBaseLogger;
  /** Folder of the built dashboard; null: no page on this listener. */
  pageDirectory: string | null;
  /** TLS settings; null: plain HTTP, for the Unix socket and loopback. */
  https: ServerOptions | null;
  /** Routes that only this listener has: agents enrol and download at the TLS one. */
  extend?: (app: FastifyInstance) => void;
}

const bodyLimit = 2 * 1024 * 1024;

export async function buildApp(dependencies: ApiDependencies, options: AppOptions): Promise<FastifyInstance> {
  const common = {
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    forceCloseConnections: true,
    rewriteUrl: ({ url = "/" }: IncomingMessage) => decodable(url),
  };
  const app = (options.https === null
    ? Fastify(common)
    : Fastify<HttpsServer>({ ...common, https: options.https })) as unknown as FastifyInstance;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  handleErrors(app);
  await collectOpenApi(app, dependencies.fleet.version);
  await app.register(async (api) => {
    guardRoutes(api, options.access);
    const sinceOf = createSince(dependencies.tenantSince);
    serveFleet(api, dependencies.fleet, sinceOf);
    serveNodes(api, dependencies.nodes);
    serveRuns(api, dependencies.runs);
    serveAccounts(api, dependencies.accounts, { secureCookie: options.https !== null });
    serveAccessTokens(api, dependencies.accessTokens);
    serveLive(api, dependencies.live, options.access);
    serveInstances(api, dependencies.instances, options.access);
    serveSamples(api, dependencies.samples);
    serveDisks(api, dependencies.disks);
    serveHistory(api, dependencies.history, sinceOf);
    serveEvents(api, dependencies.events);
    serveUsage(api, dependencies.usage);
    serveCapacity(api, dependencies.capacity);
    serveTenants(api, dependencies.tenants);
    serveRoutes(api, dependencies.routes);
    serveSecrets(api, dependencies.secrets);
    serveBackups(api, dependencies.backups, sinceOf);
    serveUpgrades(api, dependencies.upgrades);
    serveDrills(api, dependencies.drills);
    serveRecovery(api, dependencies.recovery);
    servePrometheus(api, dependencies.prometheus);
    serveAlerts(api, dependencies.alerts);
  });
  await serveOpenApi(app);
  options.extend?.(app);
  if (options.pageDirectory === null) app.setNotFoundHandler(answerNotFound);
  else await servePage(app, options.pageDirectory);
  return app;
}

/**
 * An address that cannot be decoded is taken as it is written: it names nothing, and is answered as whatever else is not
 * there, where Fastify has an answer of its own before any of ours.
 */
function decodable(url: string): string {
  const [path = "", ...query] = url.split("?");
  try {
    decodeURIComponent(path);
    return url;
  } catch {
    return [path.replaceAll("%", "%25"), ...query].join("?");
  }
}
