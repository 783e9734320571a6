import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog } from "@berth/shared/catalog/index";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { InstanceState } from "@berth/shared/protocol/state";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NodePresence } from "../agents/types.ts";
import type { Inventory } from "../inventory/database.ts";
import { putDesiredInstance, recordInstance } from "../inventory/instances.ts";
import { putNode } from "../inventory/nodes.ts";
import { openInventory } from "../inventory/open.ts";
import { putTenant } from "../inventory/tenants.ts";
import { openSecrets } from "../secrets/open.ts";
import { createRoutes, type Routes } from "./routes.ts";
import { fleetWith } from "./testing/fleet.ts";

let directory: string;
let inventory: Inventory;
let fleet: Fleet | null;
let routes: Routes;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-routes-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  for (const [name, address] of [
    ["user1", "10.0.6.11"],
    ["user2", "10.0.6.12"],
  ] as const) {
    await putNode(inventory.database, { name, address, proxmox: null });
    await putTenant(inventory.database, { name, node: name });
  }
  fleet = null;
  routes = createRoutes({
    catalog,
    store: { current: async () => (fleet === null ? null : { fleet, yaml: "", file: "fleet.yaml" }) },
    inventory,
    hub: { connection: online },
    secrets: await openSecrets({ inventory, key: Buffer.alloc(32, 1) }),
    caPem: "PEM",
    listener: { host: "10.0.6.1", port: 8421 },
    configurationDirectory: directory,
    startedAt: 0,
  });
});
afterEach(async () => {
  await inventory.close();
  await rm(directory, { recursive: true });
});

function online(node: string): NodePresence {
  return {
    ...{ node, state: "online", agentVersion: null, protocol: null, outdated: false, lastSeen: Date.now() },
    ...{ connectedSince: null, clockSkewMilliseconds: null, facts: null, bootId: null, address: null },
    containersRunning: null,
  };
}

async function observe(tenant: string, state: InstanceState): Promise<void> {
  const common = { service: "n8n", version: "1", tenant };
  const name = `${tenant}-n8n`;
  await putDesiredInstance(inventory.database, { ...common, name, node: tenant, ports: [5678], hash: "h" });
  const observed = { ...common, instance: name, hash: "h", state, drift: [], containers: [] };
  await recordInstance(inventory.database, tenant, observed);
}

const signal = AbortSignal.timeout(30_000);
const host = "user1-n8n.example.org";

test("before the first apply there are none, and a router can be set up already", async () => {
  expect(await routes.list()).toEqual({ routes: [], router: null });
  expect(await routes.configuration()).toEqual({});
  expect(await routes.publication()).toEqual({ directory: null, configuration: {} });
  expect(await routes.test({}, signal)).toEqual([]);
  const { endpoint, ca, token } = await routes.provider({ token: true });
  expect([endpoint, ca]).toEqual(["https://10.0.6.1:8421/api/routes/traefik", "PEM"]);
  expect([routes.isToken(token ?? ""), routes.isToken("other")]).toEqual([true, false]);
  expect((await routes.provider({ token: false })).token).toBeNull();
});

test("routes come and go with what agents say of their instances", async () => {
  fleet = fleetWith({ router: { address: "10.0.4.10" }, directory: "dynamic" });
  await observe("user1", "healthy");
  expect((await routes.list()).routes.map(({ state, reason }) => [state, reason])).toEqual([
    ["published", null],
    ["withdrawn", "user2-n8n is not there"],
  ]);
  expect((await routes.list()).router).toEqual({ address: "10.0.4.10", port: 443, tls: true });
  expect(Object.keys((await routes.configuration()).http?.routers ?? {})).toEqual(["user1-n8n"]);
  await observe("user1", "unhealthy");
  expect(await routes.publication()).toEqual({ directory: join(directory, "dynamic"), configuration: {} });
});

test("the router's endpoint is where the fleet says that the controller is", async () => {
  fleet = fleetWith({}, { controller: { address: "berth.example.org", port: 8443 } });
  const { endpoint } = await routes.provider({ token: false });
  expect(endpoint).toBe("https://berth.example.org:8443/api/routes/traefik");
});

describe("tests", () => {
  test("wait, if told so, for a route that is about to be published", async () => {
    const server = createServer((_, response) => response.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    fleet = fleetWith({ router: { address: "127.0.0.1", port: address.port, tls: false } });
    await observe("user1", "starting");
    expect(await routes.test({ hosts: [host] }, signal)).toMatchObject([
      { host, outcome: "failed", reason: "it is withdrawn: user1-n8n is starting" },
    ]);
    const patient = routes.test({ hosts: [host], patienceSeconds: 20 }, signal);
    await observe("user1", "healthy");
    expect(await patient).toMatchObject([{ host, outcome: "answered", status: 200 }]);
    server.close();
  });

  test("of a host that no route has are refused", async () => {
    fleet = fleetWith();
    await expect(routes.test({ hosts: ["n8n.example.org"] }, signal)).rejects.toMatchObject({
      code: "not-found",
      message: "No route has the name 'n8n.example.org'",
    });
  });

  test("need the file that the router's certificate is measured by", async () => {
    fleet = fleetWith({ router: { address: "127.0.0.1", caFile: "router/ca.pem" } });
    await expect(routes.test({}, signal)).rejects.toMatchObject({
      code: "request.invalid",
      message: expect.stringContaining("routes.router.caFile cannot be read: ENOENT"),
      hint: expect.stringContaining(`${directory}/router/ca.pem`),
    });
  });
});
