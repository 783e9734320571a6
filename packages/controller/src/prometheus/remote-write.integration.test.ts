/** Debian's Prometheus takes remote write, and says what the controller says. */
import { Secret } from "@berth/shared/secret";
import { metricsSchema, remoteWriteSecretName } from "@berth/shared/fleet/metrics";
import { metricsPath } from "@berth/shared/api/prometheus";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listEvents } from "../inventory/events.ts";
import { openRemoteWrite } from "../serve/remote-write.ts";
import type { RemoteWrite } from "./remote-write.ts";
import { startController, type TestController } from "./testing/controller.ts";
import { startReceiver, type TestPrometheus } from "./testing/server.ts";

let controller: TestController;
let server: TestPrometheus;
let remoteWrite: RemoteWrite | undefined;
const warnings: string[] = [];

beforeAll(async () => {
  controller = await startController({
    instances: [{ instance: "user1-n8n", service: "n8n", tenant: "user1", state: "healthy" }],
    frame: {
      node: [0.75, 1_500_000_000, 4_294_967_296, 4096, 1200, 3400, 5600, 7800, 12_000_000_000, 30_000_000_000],
      containers: [[0.25, 300_000_000, 1_342_177_280, 11, 22, 33, 44, 12, 0.0625]],
    },
  });
  server = await startReceiver();
  const { metrics } = { metrics: metricsSchema.parse({ remoteWrite: { intervalSeconds: 5 } }) };
  const { inventory } = controller.harness;
  const logger = { warn: (_fields: object, text: string) => void warnings.push(text), info: () => undefined };
  remoteWrite = openRemoteWrite(
    {
      presentFleet: () => ({ metrics }) as never,
      ...{ inventory, logger, secrets: controller.secrets, options: { configurationDirectory: "/" } },
    },
    controller.prometheus,
  );
});
afterAll(async () => {
  await remoteWrite?.close();
  await server?.[Symbol.asyncDispose]();
  await controller?.[Symbol.asyncDispose]();
});

const patience = { timeout: 20_000, interval: 250 };

test("without its secret nothing is sent, and an event says what to do", async () => {
  await expect
    .poll(() => warnings, patience)
    .toEqual([expect.stringContaining("the secret metrics/remoteWrite is not set")]);
  const [event] = await listEvents(controller.harness.inventory.database, { limit: 1 });
  expect(event).toMatchObject({ kind: "remote-write.failed" });
});

test("with it, Prometheus has each series that a scrape would have found, and its value", async () => {
  await controller.secrets.import(remoteWriteSecretName, new Secret(`${server.url}/api/v1/write`));
  await expect.poll(() => server.query("berth_container_processes"), patience).toHaveLength(1);
  expect(await server.query("berth_container_memory_bytes")).toEqual([
    {
      metric: {
        ...{ __name__: "berth_container_memory_bytes", job: "berth", instance: "user1-n8n", container: "user1-n8n" },
        ...{ node: "user1", service: "n8n", tenant: "user1" },
      },
      value: 300_000_000,
    },
  ]);
  // Of the controller, as of what Prometheus scrapes itself.
  expect(await server.query("berth_node_cpu_cores")).toMatchObject([
    { metric: { node: "user1", job: "berth", instance: `127.0.0.1:${controller.port}` }, value: 0.75 },
  ]);
  const scraped = (await controller.ask(metricsPath)).body.match(/^[a-z0-9_]+(?=[{ ])/gm) ?? [];
  const pushed = await server.query('count by (__name__) ({job="berth"})');
  expect(pushed.map(({ metric }) => metric["__name__"]).toSorted()).toEqual([...new Set(scraped)].toSorted());
});
