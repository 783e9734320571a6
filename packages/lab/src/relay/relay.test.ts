import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { listenGateway, listenRelay } from "./relay.ts";

let directory: string;
let socketPath: string;
const servers: Server[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-lab-relay-"));
  socketPath = join(directory, "page.sock");
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  await rm(directory, { recursive: true });
});

/** A port that was free a moment ago. */
async function freePort(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return { server, port: address.port };
}

it("carries bytes both ways, and the end of what the client says", async () => {
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    void text(socket).then((said) => socket.end(`heard ${said}`));
  }).listen(socketPath);
  servers.push(echo);
  const { server: blocker, port: wished } = await freePort();
  blocker.close();
  const relay = await listenRelay(wished, socketPath);
  servers.push(relay.server);
  const client = connect(relay.port, "127.0.0.1");
  client.end("hello");
  expect(await text(client)).toBe("heard hello");
});

it("takes the next port when the wished one is taken", async () => {
  const { server: blocker, port: wished } = await freePort();
  servers.push(blocker);
  const relay = await listenRelay(wished, socketPath);
  servers.push(relay.server);
  expect(relay.port).toBeGreaterThan(wished);
});

it("leads through a gateway to an address, and takes the place of a socket that was left there", async () => {
  const web = createServer({ allowHalfOpen: true }, (socket) => {
    void text(socket).then((said) => socket.end(`web heard ${said}`));
  }).listen(0, "127.0.0.1");
  await once(web, "listening");
  servers.push(web);
  const address = web.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  await writeFile(socketPath, "");
  servers.push(await listenGateway({ socketPath, host: "127.0.0.1", port: address.port }));
  const { server: blocker, port: wished } = await freePort();
  blocker.close();
  const relay = await listenRelay(wished, socketPath);
  servers.push(relay.server);
  const client = connect(relay.port, "127.0.0.1");
  client.end("hello");
  expect(await text(client)).toBe("web heard hello");
});

it("closes the client when nobody is behind the socket", async () => {
  const relay = await listenRelay(20_000 + Math.floor(Math.random() * 10_000), socketPath);
  servers.push(relay.server);
  const client = connect(relay.port, "127.0.0.1");
  await once(client, "close");
  expect(client.destroyed).toBe(true);
});
