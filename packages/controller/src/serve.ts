/** The controller as one process: opens its rooms, wires them, listens, and closes them again in order. */
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { connectPath } from "@berth/shared/protocol/enrolment";
import { Cron } from "croner";
import type { FastifyInstance } from "fastify";
import { pino, type Logger } from "pino";
import { buildApp, type ApiDependencies } from "./api/app.ts";
import type { AccessOptions } from "./api/authenticate.ts";
import { createExecUpgrade, type HandleUpgrade } from "./api/exec.ts";
import { openController, type Controller } from "./serve/open-controller.ts";
import { serveAgents } from "./serve/agent-routes.ts";
import { handleUpgrades, listen, listenOnSocket } from "./serve/listeners.ts";
import { createApi } from "./serve/api-dependencies.ts";
import type { ServeOptions } from "./serve/options.ts";
import { recordLostEnds } from "./serve/exec-events.ts";
import { createScopes } from "./serve/scopes.ts";
import { openRemoteWrite } from "./serve/remote-write.ts";
import { openExecSession } from "./serve/streams.ts";
import { followRuns } from "./traces/follow-runs.ts";

export type { ServeOptions } from "./serve/options.ts";

const pageDirectory = join(import.meta.dirname, "page");

/** Runs until SIGINT or SIGTERM. Throws before it listens when something is in the way. */
export async function serve(options: ServeOptions): Promise<void> {
  const logger = pino({ name: "berth", level: process.env["BERTH_LOG_LEVEL"] ?? "info" });
  await mkdir(options.stateDirectory, { recursive: true, mode: 0o700 });
  await chmod(options.stateDirectory, 0o700);
  const controller = await openController(options, logger);
  const traces = await followRuns({
    events: controller.runner.events,
    environment: process.env,
    version: controller.version,
    fleet: () => controller.presentFleet()?.fleet ?? null,
    log: logger,
  });
  await recordLostEnds(controller.inventory.database).catch((error: unknown) =>
    logger.error({ err: error }, "That commands ended with the former controller could not be recorded"),
  );
  const api = createApi(controller, (error) => logger.error({ err: error }, "A change could not be told"));
  const apps = await openDoors(options, { api, controller, logger });
  const remoteWrite = openRemoteWrite({ ...controller, logger }, api.prometheus);
  logger.info(
    {
      version: controller.version,
      socket: options.socket,
      page: options.page,
      agents: options.agents,
      caFingerprint: readableFingerprint(controller.authority.caFingerprint),
    },
    "The controller listens",
  );
  // Compressed while LXCs are made, so that no host waits for it.
  controller.provisioning
    .downloads()
    .catch((error: unknown) => logger.warn({ err: error }, "The agent's downloads are not ready"));
  const interrupted = await controller.runner.resumeInterrupted();
  if (interrupted !== null) logger.info({ run: interrupted.id }, "Carrying on with the run that was interrupted");
  const signal = await untilSignal();
  logger.info({ signal }, "The controller stops");
  // Before agents are gone: no moment is sent in which all nodes are away.
  await remoteWrite.close();
  // Agents first: a server that closes waits for the WebSockets it has.
  await controller.stopWork();
  await traces.close();
  await Promise.all(apps.map((app) => app.close()));
  await controller.close();
}

async function openDoors(
  options: ServeOptions,
  { api, controller, logger }: { api: ApiDependencies; controller: Controller; logger: Logger },
): Promise<FastifyInstance[]> {
  const authenticate: AccessOptions["authenticate"] = (token) => controller.accounts.authenticate(token);
  const access = { authenticate, scopeOf: createScopes(controller.presentFleet) };
  const local = await door(api, controller, logger, { ...access, trusted: true }, {});
  const page = await door(api, controller, logger, { ...access, trusted: false }, { pageDirectory });
  const agents = await agentDoor(api, controller, logger, { ...access, trusted: false });
  await listen(page, options.page);
  await listen(agents, options.agents);
  // Last: whoever waits for the controller looks here.
  await listenOnSocket(local, options.socket, 0o600);
  return [local, page, agents];
}

async function door(
  api: ApiDependencies,
  controller: Controller,
  logger: Logger,
  access: AccessOptions,
  { pageDirectory: directory = null }: { pageDirectory?: string | null },
): Promise<FastifyInstance> {
  const app = await buildApp(api, { access, logger, pageDirectory: directory, https: null });
  handleUpgrades(app, [execUpgrade(controller, logger, access)]);
  return app;
}

function execUpgrade(controller: Controller, logger: Logger, access: AccessOptions): HandleUpgrade {
  const open = openExecSession(controller, (error) =>
    logger.error({ err: error }, "That a command ended could not be recorded"),
  );
  return createExecUpgrade(access, open);
}

/** The only door to the network. A client certificate is asked for, and judged where it is needed: by the hub. */
async function agentDoor(
  api: ApiDependencies,
  controller: Controller,
  logger: Logger,
  access: AccessOptions,
): Promise<FastifyInstance> {
  const { authority, hub } = controller;
  const names = await controller.serverNames();
  const { certificate, key, notAfter } = await authority.issueServerCertificate(names);
  const app = await buildApp(api, {
    access,
    logger,
    pageDirectory,
    https: {
      cert: `${certificate}${authority.caPem}`,
      key,
      ca: authority.caPem,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: "TLSv1.3",
    },
    extend: (extended) => serveAgents(extended, controller),
  });
  controller.presentedCertificate.notAfter = notAfter;
  const toHub: HandleUpgrade = (request, socket, head) => {
    if (request.url?.split("?")[0] !== connectPath) return false;
    hub.handleUpgrade(request, socket, head);
    return true;
  };
  handleUpgrades(app, [toHub, execUpgrade(controller, logger, access)]);
  const renew = async (): Promise<void> => {
    const renewed = await authority.issueServerCertificate(await controller.serverNames());
    if (!("setSecureContext" in app.server) || typeof app.server.setSecureContext !== "function") return;
    app.server.setSecureContext({
      cert: `${renewed.certificate}${authority.caPem}`,
      key: renewed.key,
      ca: authority.caPem,
    });
    controller.presentedCertificate.notAfter = renewed.notAfter;
  };
  controller.onFleetChange(renew);
  const daily = new Cron(
    "@daily",
    { unref: true, catch: (error: unknown) => logger.error({ err: error }, "The certificate could not be renewed") },
    renew,
  );
  app.addHook("onClose", async () => daily.stop());
  return app;
}

/** As `berth login` shows it: `AA:BB:…`. */
function readableFingerprint(hex: string): string {
  return hex.toUpperCase().replaceAll(/(..)(?!$)/g, "$1:");
}

function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(signal));
  });
}
