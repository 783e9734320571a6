/** From an agent over its socket to a message at a webhook: the room as the controller wires it. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import { example } from "@berth/shared/fleet/testing/example";
import type { SampleBatch } from "@berth/shared/metrics/samples";
import { Secret } from "@berth/shared/secret";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { FakeAgent } from "../agents/testing/fake-agent.ts";
import { startHarness, type Harness } from "../agents/testing/harness.ts";
import type { AlertsRoom } from "../alerts/alerts.ts";
import { openSecrets } from "../secrets/open.ts";
import { openAlerts } from "./alerts.ts";

const section = `
alerts:
  group: { wait: 0s, interval: 0s }
  rules:
    node-gone: { for: 0s, clearAfter: 0s }
    container-memory: { for: 0s, clearAfter: 0s }
  receivers: { ops: { webhook: {} } }`;
const { fleet } = parseFleet(`${example}${section}`, "fleet.yaml", catalog);
const bodySchema = z.object({
  alerts: z.array(z.object({ status: z.string(), labels: z.looseObject({ alertname: z.string() }) })),
});

const received: string[] = [];
const webhook = createServer((request, response) => {
  void take(request).finally(() => response.end());
});
async function take(request: IncomingMessage): Promise<void> {
  const { alerts } = bodySchema.parse(await json(request));
  received.push(...alerts.map(({ status, labels }) => `${status} ${labels.alertname} ${String(labels["tenant"])}`));
}

let harness: Harness;
let room: AlertsRoom;
let memory = 990_000_000;

const batch = (): SampleBatch => ({
  containers: ["user1-n8n"],
  frames: [
    {
      at: Date.now(),
      node: [0.5, 1_000_000_000, 4_000_000_000, 0, 0, 0, 0, 0, 1_000_000_000, 30_000_000_000],
      containers: [[0.25, memory, 1_000_000_000, 0, 0, 0, 0, 12]],
    },
  ],
});

beforeAll(async () => {
  await once(webhook.listen(0, "127.0.0.1"), "listening");
  harness = await startHarness();
  const { hub, inventory, authority } = harness;
  const secrets = await openSecrets({ inventory, key: Buffer.alloc(32, 1) });
  const { port } = webhook.address() as AddressInfo;
  await secrets.put("alerts/ops", new Secret(`http://127.0.0.1:${port}/hook`));
  if (fleet === null) throw new Error("The test's fleet has mistakes");
  const stored = { fleet, yaml: "", file: "fleet.yaml" };
  room = await openAlerts(
    {
      ...{ options: { configurationDirectory: "/nonexistent" }, inventory, authority, hub, secrets },
      ...{ store: { current: async () => stored }, backups: { status: async () => null } },
      runner: { list: async () => [], get: async () => Promise.reject(new Error("no run")) },
      ...{ presentedCertificate: { notAfter: null }, logger: pino({ level: "silent" }) },
    },
    { startDelayMilliseconds: 0, lookMilliseconds: 200 },
  );
});
afterAll(async () => {
  await room?.close();
  await harness?.close();
  webhook.closeAllConnections();
  webhook.close();
});

test("what an agent measures, and that it went away, reaches the receiver; so do their ends", async () => {
  const patience = { timeout: 20_000, interval: 100 };
  const credentials = await harness.enrol("user1");
  const agent = await FakeAgent.join(harness, credentials);
  const sampling = setInterval(() => agent.send({ type: "samples", batch: batch() }), 200);
  await expect.poll(() => received, patience).toEqual(["firing container-memory user1"]);
  memory = 500_000_000;
  await expect.poll(() => received.slice(1), patience).toEqual(["resolved container-memory user1"]);

  clearInterval(sampling);
  agent.cut();
  await expect.poll(() => received.slice(2), patience).toEqual(["firing node-gone user1"]);
  expect(room.count()).toEqual({ firing: 1, critical: 1 });
  const again = await FakeAgent.join(harness, credentials);
  await expect.poll(() => received.slice(3), patience).toEqual(["resolved node-gone user1"]);
  again.cut();
});
