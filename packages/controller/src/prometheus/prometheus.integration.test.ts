/** Debian's Prometheus finds a controller, scrapes it with its token, and says what the API says. */
import { getSamples } from "@berth/shared/api/metrics";
import { getPrometheusSetup, metricsPath, prometheusSetupSchema } from "@berth/shared/api/prometheus";
import {
  containerColumns,
  containerValue,
  nodeColumns,
  nodeValue,
  type SampleBatch,
} from "@berth/shared/metrics/samples";
import { execa } from "execa";
import Fastify, { type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { FakeAgent } from "../agents/testing/fake-agent.ts";
import { startHarness, type Harness } from "../agents/testing/harness.ts";
import { guardRoutes } from "../api/authenticate.ts";
import { handleErrors } from "../api/errors.ts";
import { servePrometheus } from "../api/prometheus.ts";
import { serveSamples } from "../api/samples.ts";
import { openSecrets } from "../secrets/open.ts";
import { openPrometheus } from "../serve/prometheus.ts";
import { readStatus } from "../status/status.ts";
import { containerSeries, nodeSeries } from "./definitions.ts";
import { examples, startPrometheus, type TestPrometheus } from "./testing/server.ts";

const place = { host: "127.0.0.1", port: 0 };
const admin = "berth_admin";

let harness: Harness;
let app: FastifyInstance;
let server: TestPrometheus;
let agent: FakeAgent;

const batch = (): SampleBatch => ({
  containers: ["user1-n8n"],
  frames: [
    {
      at: Date.now(),
      node: [0.75, 1_500_000_000, 4_294_967_296, 4096, 1200, 3400, 5600, 7800, 12_000_000_000, 30_000_000_000],
      containers: [[0.25, 300_000_000, 1_342_177_280, 11, 22, 33, 44, 12]],
    },
  ],
});

/** As an agent does: every second. */
function sampleOn(node: FakeAgent): NodeJS.Timeout {
  return setInterval(() => node.send({ type: "samples", batch: batch() }), 1000);
}

async function buildController(): Promise<FastifyInstance> {
  const { hub, inventory, authority } = harness;
  const { certificate, key, notAfter } = await authority.issueServerCertificate(["127.0.0.1"]);
  const built = Fastify({ https: { cert: certificate, key, minVersion: "TLSv1.3" }, forceCloseConnections: true });
  built.setValidatorCompiler(validatorCompiler);
  built.setSerializerCompiler(serializerCompiler);
  await built.register(async (api) => {
    handleErrors(api);
    guardRoutes(api, {
      trusted: false,
      authenticate: async (token) => (token === admin ? { name: "anna", role: "admin", tenant: null } : null),
    });
    serveSamples(api, { recent: (query) => hub.recentSamples(query) });
    const rooms = {
      ...{ version: "1.2.3", options: { agents: place }, inventory, authority, hub },
      store: { current: async () => null },
      secrets: await openSecrets({ inventory, key: Buffer.alloc(32, 1) }),
      backups: { status: async () => null },
      presentedCertificate: { notAfter },
    };
    servePrometheus(
      api,
      openPrometheus(rooms, {
        status: () => readStatus({ inventory, hub, fleetName: async () => null }),
        usage: () => null,
      }),
    );
  });
  await built.listen({ host: place.host, port: 0 });
  const address = built.server.address();
  place.port = typeof address === "object" && address !== null ? address.port : 0;
  return built;
}

function ask(url: string) {
  return app.inject({ url, headers: { authorization: `Bearer ${admin}` } });
}

let sampling: NodeJS.Timeout;

beforeAll(async () => {
  harness = await startHarness();
  agent = await FakeAgent.join(harness, await harness.enrol("user1"));
  agent.send({
    type: "events",
    events: [
      {
        ...{ sequence: 1, at: Date.now() },
        body: {
          kind: "instance.state",
          instance: {
            ...{
              instance: "user1-n8n",
              service: "n8n",
              tenant: "user1",
              version: "2.41.1",
              hash: "h",
              state: "healthy",
            },
            drift: [],
            containers: [
              {
                ...{ name: "user1-n8n", id: "c1", image: "n8n:2.41.1", imageId: "sha256:1", state: "running" },
                ...{ startedAt: new Date().toISOString(), restarts: 2 },
              },
            ],
          },
        },
      },
    ],
  });
  sampling = sampleOn(agent);
  app = await buildController();
  const setup = prometheusSetupSchema.parse((await ask(`${getPrometheusSetup.path}?token=true`)).json());
  server = await startPrometheus(setup);
});
afterAll(async () => {
  clearInterval(sampling);
  await server?.[Symbol.asyncDispose]();
  await app?.close();
  await harness?.close();
});

const loadedSchema = z.object({
  data: z.object({ groups: z.array(z.object({ rules: z.array(z.object({ health: z.string() })) })) }),
});
const patience = { timeout: 15_000, interval: 250 };

test("Prometheus has the numbers of GET /api/samples, by node, tenant, service, instance and container", async () => {
  await expect.poll(() => server.query("berth_container_processes"), patience).toHaveLength(1);
  const { nodes } = getSamples.response.parse((await ask(`${getSamples.path}?seconds=10`)).json());
  const frame = nodes[0]?.frames.at(-1);
  const row = frame?.containers[0];
  if (frame === undefined || row === undefined || row === null) throw new Error("The API has no sample");
  const expected = [
    ...nodeColumns.map((column) => [nodeSeries[column], "user1", undefined, nodeValue(frame.node, column)]),
    ...containerColumns.map((column) => [containerSeries[column], "user1", "user1-n8n", containerValue(row, column)]),
  ].toSorted();
  const exported = [...Object.values(nodeSeries), ...Object.values(containerSeries)];
  const series = await server.query(`{__name__=~"${exported.join("|")}"}`);
  const found = series.map(({ metric, value }) => [metric["__name__"], metric["node"], metric["container"], value]);
  expect(found.toSorted()).toEqual(expected);
  expect(await server.query('berth_instance_healthy{tenant="user1",service="n8n",instance="user1-n8n"}')).toMatchObject(
    [{ metric: { node: "user1", job: "berth" }, value: 1 }],
  );
});

test("what Prometheus' own tools say of the series, the example and its rules", async () => {
  const { body } = await ask(metricsPath);
  expect(await execa("promtool", ["check", "metrics"], { input: body, all: true })).toMatchObject({ all: "" });
  await execa("promtool", ["check", "config", server.configuration]);
  const rules = await execa("promtool", ["check", "rules", "berth-rules.yml"], { cwd: examples });
  expect(rules.stdout).toContain("SUCCESS: 13 rules found");
  await execa("promtool", ["test", "rules", "berth-rules.test.yml"], { cwd: examples });
  const { data } = loadedSchema.parse(await server.get("/api/v1/rules"));
  expect(data.groups.flatMap((group) => group.rules.map(({ health }) => health))).toEqual(
    Array.from({ length: 13 }, () => "ok"),
  );
});

test("of a node that goes away nothing is left but that it is away, and the alert for it begins to wait", async () => {
  clearInterval(sampling);
  agent.cut();
  await expect.poll(() => server.query('berth_node_up{node="user1"} == 0'), patience).toHaveLength(1);
  expect(await server.query("berth_node_cpu_cores")).toEqual([]);
  expect(await server.query("berth_container_cpu_cores")).toEqual([]);
  expect(await server.query("berth_instance_healthy")).toEqual([]);
  expect(await server.query('berth_instance_state{state="unknown"} == 1')).toHaveLength(1);
  await expect
    .poll(() => server.query('ALERTS{alertname="BerthNodeGone",alertstate="pending"}'), patience)
    .toHaveLength(1);
});
