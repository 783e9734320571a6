/** As much of a controller as Prometheus meets, with its TLS, its tokens and an agent that tells of what it runs. For tests. */
import { randomBytes } from "node:crypto";
import type { SampleBatch } from "@berth/shared/metrics/samples";
import type { FileSystem, VolumeSize } from "@berth/shared/protocol/disks";
import Fastify, { type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { FakeAgent, testFacts } from "../../agents/testing/fake-agent.ts";
import { startHarness, type Harness } from "../../agents/testing/harness.ts";
import { guardRoutes } from "../../api/authenticate.ts";
import { handleErrors } from "../../api/errors.ts";
import { servePrometheus } from "../../api/prometheus.ts";
import { serveSamples } from "../../api/samples.ts";
import { openSecrets, type Secrets } from "../../secrets/open.ts";
import { openPrometheus } from "../../serve/prometheus.ts";
import { readStatus } from "../../status/status.ts";
import type { Prometheus } from "../prometheus.ts";
import type { Snapshot } from "../snapshot.ts";

const admin = "berth_admin";

export interface TestInstance {
  instance: string;
  service: string;
  tenant: string | null;
  state: "healthy" | "unhealthy";
}

export interface ControllerOptions {
  /** What runs on user1, each in one container of its name. */
  instances: readonly TestInstance[];
  /** The node's values and the containers', at each second. */
  frame: Omit<SampleBatch["frames"][number], "at">;
  /** When the node was started; undefined: by an agent that does not tell. */
  bootedAt?: number;
  /** What it tells of its disks, at each moment. */
  disks?: () => { fileSystems: FileSystem[]; volumes: VolumeSize[] };
  usage?: Snapshot["usage"];
  backups?: Snapshot["backups"];
}

export interface TestController extends AsyncDisposable {
  harness: Harness;
  /** Of the node user1. */
  agent: FakeAgent;
  secrets: Secrets;
  prometheus: Prometheus;
  port: number;
  /** GET of its API, as an admin. */
  ask: (url: string) => Promise<{ body: string; json: () => unknown }>;
  /** The agent tells nothing of itself any more. */
  stopSampling: () => void;
}

export async function startController(options: ControllerOptions): Promise<TestController> {
  const harness = await startHarness();
  const { bootedAt, disks } = options;
  const facts = { ...testFacts, ...(bootedAt === undefined ? {} : { bootedAt }) };
  const agent = await FakeAgent.join(harness, await harness.enrol("user1"), { hello: { facts } });
  options.instances.forEach((instance, index) => tellOf(agent, instance, index + 1));
  const containers = options.instances.map(({ instance }) => instance);
  // As an agent does: every second.
  const sampling = setInterval(() => {
    agent.send({ type: "samples", batch: { containers, frames: [{ ...options.frame, at: Date.now() }] } });
  }, 1000);
  // Far more often than an agent: a line through what Prometheus has of a few seconds is to be one.
  const telling = setInterval(() => {
    if (disks === undefined) return;
    const { fileSystems, volumes } = disks();
    agent.send({ type: "filesystems", fileSystems });
    agent.send({ type: "volumes", volumes });
  }, 100);
  const stop = () => {
    clearInterval(sampling);
    clearInterval(telling);
  };
  const secrets = await openSecrets({ inventory: harness.inventory, key: randomBytes(32) });
  const { app, port, prometheus } = await listen(harness, secrets, options);
  return {
    harness,
    agent,
    secrets,
    prometheus,
    port,
    ask: (url) => app.inject({ url, headers: { authorization: `Bearer ${admin}` } }),
    stopSampling: stop,
    async [Symbol.asyncDispose]() {
      stop();
      await app.close();
      await harness.close();
    },
  };
}

function tellOf(agent: FakeAgent, { instance, service, tenant, state }: TestInstance, sequence: number): void {
  const container = {
    ...{ name: instance, id: `c${sequence}`, image: `${service}:2.41.1`, imageId: "sha256:1", state: "running" },
    ...{ startedAt: new Date().toISOString(), restarts: 2 },
  } as const;
  const seen = {
    ...{ instance, service, tenant, state, version: "2.41.1", hash: "h" },
    ...{ drift: [], containers: [container] },
  };
  const body = { kind: "instance.state", instance: seen } as const;
  agent.send({ type: "events", events: [{ sequence, at: Date.now(), body }] });
}

async function listen(
  { hub, inventory, authority }: Harness,
  secrets: Secrets,
  { usage = null, backups = null }: ControllerOptions,
): Promise<{ app: FastifyInstance; port: number; prometheus: Prometheus }> {
  const { certificate, key, notAfter } = await authority.issueServerCertificate(["127.0.0.1"]);
  const app = Fastify({ https: { cert: certificate, key, minVersion: "TLSv1.3" }, forceCloseConnections: true });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const place = { host: "127.0.0.1", port: 0 };
  const rooms = {
    ...{ version: "1.2.3", options: { agents: place }, inventory, authority, hub, secrets },
    store: { current: async () => null },
    backups: { status: async () => backups },
    presentedCertificate: { notAfter },
  };
  const status = () => readStatus({ inventory, hub, fleetName: async () => null });
  const prometheus = openPrometheus(rooms, { status, usage: () => usage });
  await app.register(async (api) => {
    handleErrors(api);
    guardRoutes(api, {
      trusted: false,
      authenticate: async (token) => (token === admin ? { name: "anna", role: "admin", tenant: null } : null),
    });
    serveSamples(api, { recent: async (query) => hub.recentSamples(query) });
    servePrometheus(api, prometheus);
  });
  await app.listen(place);
  const address = app.server.address();
  place.port = typeof address === "object" && address !== null ? address.port : 0;
  return { app, port: place.port, prometheus };
}
