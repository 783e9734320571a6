/** Debian's Prometheus finds a controller, scrapes it with its token, and says what the API says. */
import { getSamples } from "@berth/shared/api/metrics";
import { getPrometheusSetup, metricsPath, prometheusSetupSchema } from "@berth/shared/api/prometheus";
import { containerColumns, containerValue, nodeColumns, nodeValue } from "@berth/shared/metrics/samples";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { containerSeries, nodeSeries } from "./definitions.ts";
import { startController, type TestController } from "./testing/controller.ts";
import { examples, startPrometheus, type TestPrometheus } from "./testing/server.ts";

let controller: TestController;
let server: TestPrometheus;

beforeAll(async () => {
  controller = await startController({
    instances: [{ instance: "user1-n8n", service: "n8n", tenant: "user1", state: "healthy" }],
    frame: {
      node: [
        ...[0.75, 1_500_000_000, 4_294_967_296, 4096, 1200, 3400, 5600, 7800, 12_000_000_000, 30_000_000_000],
        ...[0.5, 0.25, 0.125, 1.25],
      ],
      containers: [[0.25, 300_000_000, 1_342_177_280, 11, 22, 33, 44, 12, 0.0625]],
    },
  });
  const setup = await controller.ask(`${getPrometheusSetup.path}?token=true`);
  server = await startPrometheus(prometheusSetupSchema.parse(setup.json()));
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await controller?.[Symbol.asyncDispose]();
});

const loadedSchema = z.object({
  data: z.object({ groups: z.array(z.object({ rules: z.array(z.object({ health: z.string() })) })) }),
});
const patience = { timeout: 15_000, interval: 250 };

test("Prometheus has the numbers of GET /api/samples, by node, tenant, service, instance and container", async () => {
  await expect.poll(() => server.query("berth_container_processes"), patience).toHaveLength(1);
  const { nodes } = getSamples.response.parse((await controller.ask(`${getSamples.path}?seconds=10`)).json());
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
  const { body } = await controller.ask(metricsPath);
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
  controller.stopSampling();
  controller.agent.cut();
  await expect.poll(() => server.query('berth_node_up{node="user1"} == 0'), patience).toHaveLength(1);
  expect(await server.query("berth_node_cpu_cores")).toEqual([]);
  expect(await server.query("berth_container_cpu_cores")).toEqual([]);
  expect(await server.query("berth_instance_healthy")).toEqual([]);
  expect(await server.query('berth_instance_state{state="unknown"} == 1')).toHaveLength(1);
  await expect
    .poll(() => server.query('ALERTS{alertname="BerthNodeGone",alertstate="pending"}'), patience)
    .toHaveLength(1);
});
