/** The real `berth serve`, with a receiver of traces that takes connections and never answers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plan } from "@berth/shared/operations/plan";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openInventory } from "../inventory/open.ts";
import { createRun } from "../runs/store.ts";

const berth = join(import.meta.dirname, "../cli/berth.ts");

let directory: string;
let receiver: Server;
let asked: Promise<unknown>;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "berth-stop-"));
  receiver = createServer((socket) => socket.on("error", () => undefined));
  asked = once(receiver, "connection");
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  receiver.close();
  rmSync(directory, { recursive: true });
});

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A run that was under way, and that the controller brings to its end as soon as it starts. */
async function leaveRun(): Promise<void> {
  const inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  const operation: Plan["operations"][number] = {
    id: "secrets.remove/user9",
    kind: "secrets.remove",
    change: "remove",
    node: null,
    target: "user9",
    reason: "the tenant goes",
    after: [],
    input: { tenant: "user9", owners: ["user9"] },
  };
  await createRun(inventory, { plan: { operations: [operation], warnings: [] }, kind: "tenant.remove", account: "me" });
  await inventory.close();
}

test("is stopped within seconds although what it has sent was not taken", async () => {
  await leaveRun();
  const agents = `127.0.0.1:${await freePort()}`;
  const [socket, page] = [join(directory, "controller.sock"), `unix:${join(directory, "page.sock")}`];
  const args = ["serve", "--state", directory, "--socket", socket, "--page", page, "--agents", agents];
  const OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${portOf(receiver)}`;
  const env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TIMEOUT: "120000" };
  const serving = spawn(process.execPath, [berth, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(serving, "exit");
  let log = "";
  serving.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
  try {
    await Promise.race([asked, ended.then(() => expect.fail(log))]);
    const startedAt = performance.now();
    serving.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(log).toContain("Traces: what is left was not taken within 3 s");
  } finally {
    serving.kill("SIGKILL");
  }
}, 60_000);
