/** A hub on a real HTTPS server on loopback, with a real inventory, in a directory of its own. For tests. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino, type Logger } from "pino";
import { vi } from "vitest";
import { createAgentStore } from "../../inventory/agents.ts";
import type { Inventory } from "../../inventory/database.ts";
import { putNode } from "../../inventory/nodes.ts";
import { openInventory } from "../../inventory/open.ts";
import { openAuthority, type Authority } from "../authority/authority.ts";
import { createHub } from "../hub.ts";
import type { AgentStore } from "../store.ts";
import type { Clock } from "../clock.ts";
import type { Hub, Timing } from "../types.ts";
import { makeKeyAndRequest } from "./certificates.ts";

const testVersion = "1.4.0";

/** Short enough for a test, long enough for a busy machine. What a test waits out, it shortens for itself. */
const testTiming: Timing = {
  keepAliveSeconds: 0.2,
  silenceSeconds: 5,
  helloSeconds: 10,
  probeSeconds: 1,
  offlineGraceSeconds: 10,
  deadlineGraceSeconds: 0.2,
  cancelGraceSeconds: 10,
};
vi.setConfig({ testTimeout: 60_000 });

export interface Credentials {
  node: string;
  key: string;
  certificate: string;
}

export interface Harness {
  hub: Hub;
  store: AgentStore;
  inventory: Inventory;
  authority: Authority;
  clock: Clock & { offset: number };
  port: number;
  /** Makes the node known and enrols it as an agent does. */
  enrol(node: string): Promise<Credentials>;
  /** The controller ends and starts again on the same inventory and port. */
  restart(timing?: Partial<Timing>): Promise<void>;
  close(): Promise<void>;
}

export async function startHarness(logger: Logger = pino({ level: "silent" })): Promise<Harness> {
  const directory = await mkdtemp(join(tmpdir(), "berth-hub-"));
  const clock = { offset: 0, now: () => Date.now() + clock.offset };
  const authority = await openAuthority({ directory: join(directory, "authority"), clock });
  const inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  const store = createAgentStore(inventory);
  const open = (timing: Partial<Timing> = {}) =>
    createHub({ store, authority, version: testVersion, logger, clock, timing: { ...testTiming, ...timing } });
  const hub = await open();
  const server = await listen(authority);
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The test's server has no port");
  const { port } = address;
  const harness: Harness = {
    hub,
    store,
    inventory,
    authority,
    clock,
    port,
    enrol: async (node) => {
      await putNode(inventory.database, { name: node, address: "127.0.0.1", proxmox: null });
      const { token } = await harness.hub.createJoinToken({ node, validSeconds: 60 });
      const { key, csr } = await makeKeyAndRequest();
      const { certificate } = await harness.hub.handleEnrol({ body: { token, csr }, remoteAddress: "127.0.0.1" });
      return { node, key, certificate };
    },
    restart: async (timing) => {
      await harness.hub.close();
      harness.hub = await open(timing);
    },
    close: async () => {
      await harness.hub.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await inventory.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  server.on("upgrade", (request, socket, head) => harness.hub.handleUpgrade(request, socket, head));
  return harness;
}

async function listen(authority: Authority): Promise<Server> {
  const { key, certificate } = await authority.issueServerCertificate(["127.0.0.1"]);
  const server = createServer({
    key,
    cert: certificate,
    ca: authority.caPem,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: "TLSv1.3",
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}
