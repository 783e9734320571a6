import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { request } from "node:http";
import { createServer as createTlsServer, request as tlsRequest, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { TLSSocket } from "node:tls";
import type { TraefikConfiguration } from "@berth/shared/routes/traefik";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { ensureRouterAuthority, type RouterAuthority } from "./authority.ts";
import { createCheck } from "./check.ts";
import { publishedSchemaFile } from "./published-schema.ts";
import { type Router, startRouter } from "./router.ts";
import { configurationFor } from "./testing/configuration.ts";
import { startNamedServer } from "./testing/server.ts";

const token = "t0ken";
const host = "n8n.example.org";

let directory: string;
let authority: RouterAuthority;
let controller: Server;
let router: Router;
let lines: string[];
/** What the controller answers: a configuration, or something else. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;

function publish(configuration: TraefikConfiguration | object, etag = JSON.stringify(JSON.stringify(configuration))) {
  answer = (incoming, response) => {
    if (incoming.headers.authorization !== `Bearer ${token}`) response.writeHead(401).end();
    else if (incoming.headers["if-none-match"] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag }).end(JSON.stringify(configuration));
  };
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-router-"));
  authority = await ensureRouterAuthority(directory);
  lines = [];
  publish({});
  controller = createTlsServer(await authority.issue(["localhost"]), (incoming, response) =>
    answer(incoming, response),
  );
  controller.listen(0, "localhost");
  await once(controller, "listening");
  router = await start(token);
});

afterEach(async () => {
  await router.close();
  controller.closeAllConnections();
  controller.close();
  await rm(directory, { recursive: true });
});

async function start(shown: string): Promise<Router> {
  const address = controller.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return startRouter({
    address: "127.0.0.1",
    ports: { web: 0, websecure: 0 },
    provider: { endpoint: `https://localhost:${address.port}/api/routes/traefik`, ca: authority.ca, token: shown },
    authority,
    check: await createCheck(publishedSchemaFile()),
    intervalMilliseconds: 20,
    log: (line) => void lines.push(line),
  });
}

/** Asks the router over TLS, its certificate verified for that host. */
async function ask(name: string, path = "/", headers: Record<string, string> = {}) {
  const outgoing = tlsRequest({
    ...{ host: "127.0.0.1", port: router.ports.websecure, servername: name, ca: authority.ca, agent: false },
    ...{ path, headers: { host: name, ...headers } },
  });
  return finish(outgoing);
}

async function askPlainly(name: string) {
  const { web } = router.ports;
  return finish(request({ host: "127.0.0.1", port: web, agent: false, headers: { host: name } }));
}

async function finish(outgoing: ReturnType<typeof request>) {
  outgoing.end();
  const [incoming]: IncomingMessage[] = await once(outgoing, "response");
  if (incoming === undefined) throw new Error("no answer");
  return { status: incoming.statusCode, body: await text(incoming), headers: incoming.headers };
}

async function routed(name = host): Promise<void> {
  await vi.waitFor(() => expect(lines).toContain(`Routes of the controller: ${name}`));
}

describe("over HTTPS", () => {
  test("a request gets to the service of its host, with what the router knows of the client", async () => {
    await using server = await startNamedServer("n8n");
    publish(configurationFor(host, [server.url]));
    await routed();
    const { status, body } = await ask(host, "/workflows?active=1", { "x-forwarded-for": "6.6.6.6", "x-real-ip": "6" });
    expect([status, body]).toEqual([200, "n8n"]);
    expect(server.seen.map(({ url, headers }) => ({ url, headers }))).toMatchObject([
      {
        url: "/workflows?active=1",
        headers: {
          host,
          "x-forwarded-for": "127.0.0.1",
          "x-forwarded-host": host,
          "x-forwarded-proto": "https",
          "x-real-ip": "127.0.0.1",
        },
      },
    ]);
  });

  test("servers are taken in turn", async () => {
    await using one = await startNamedServer("one");
    await using other = await startNamedServer("other");
    publish(configurationFor(host, [one.url, other.url]));
    await routed();
    const bodies = [await ask(host), await ask(host), await ask(host), await ask(host)].map(({ body }) => body);
    expect(bodies).toEqual(["one", "other", "one", "other"]);
  });

  test("a WebSocket is passed on", async () => {
    await using server = await startNamedServer("n8n");
    const echo = new WebSocketServer({ server: server.server });
    echo.on("connection", (peer) => peer.on("message", (data) => peer.send(`echo ${String(data)}`)));
    publish(configurationFor(host, [server.url]));
    await routed();
    const socket = openSocket(host);
    await once(socket, "open");
    socket.send("hello");
    const [message]: unknown[] = await once(socket, "message");
    expect(String(message)).toBe("echo hello");
    socket.close();
    await once(socket, "close");
    echo.close();
  });

  test("the oldest version of TLS is as the options say", async () => {
    await using server = await startNamedServer("n8n");
    const configuration = configurationFor(host, [server.url], { router: { tls: { options: "berth" } } });
    publish({ ...configuration, tls: { options: { berth: { minVersion: "VersionTLS13" } } } });
    await routed();
    const outgoing = tlsRequest({
      ...{ host: "127.0.0.1", port: router.ports.websecure, servername: host, ca: authority.ca, agent: false },
      maxVersion: "TLSv1.2",
    });
    outgoing.end();
    const [error]: unknown[] = await once(outgoing, "error");
    expect(String(error)).toMatch(/protocol version|EPROTO|alert/i);
    expect((await ask(host)).status).toBe(200);
  });
});

describe("what leads nowhere is answered as Traefik does", () => {
  test("404 for a host that is not routed, at both doors", async () => {
    await using server = await startNamedServer("n8n");
    publish(configurationFor(host, [server.url]));
    await routed();
    expect(await askPlainly(host)).toMatchObject({ status: 404, body: "404 page not found\n" });
    expect(await ask("traefik.default")).toMatchObject({ status: 404, body: "404 page not found\n" });
    const socket = openSocket("traefik.default");
    const [error]: unknown[] = await once(socket, "error");
    expect(String(error)).toContain("Unexpected server response: 404");
  });

  test("503 when no server is healthy", async () => {
    await using server = await startNamedServer("n8n");
    server.health.status = 500;
    const healthCheck = { path: "/healthz", interval: "20ms", timeout: "1s" };
    publish(configurationFor(host, [server.url], { healthCheck }));
    await vi.waitFor(() => expect(lines).toContain(`${server.url} is unhealthy`));
    expect(await ask(host)).toMatchObject({ status: 503, body: "no available server\n" });
    server.health.status = 200;
    await vi.waitFor(() => expect(lines).toContain(`${server.url} is healthy`));
    expect(await ask(host)).toMatchObject({ status: 200 });
  });

  test("502 when the server cannot be reached, for a WebSocket too", async () => {
    const gone = await startNamedServer("gone");
    await gone[Symbol.asyncDispose]();
    publish(configurationFor(host, [gone.url]));
    await routed();
    expect(await ask(host)).toMatchObject({ status: 502, body: "Bad Gateway" });
    const [error]: unknown[] = await once(openSocket(host), "error");
    expect(String(error)).toContain("Unexpected server response: 502");
  });
});

test("plain HTTP is for routes without TLS", async () => {
  await using server = await startNamedServer("n8n");
  publish(configurationFor(host, [server.url], { router: { entryPoints: ["web"], tls: undefined } }));
  await routed();
  expect(await askPlainly(host)).toMatchObject({ status: 200, body: "n8n" });
});

describe("the controller's configuration", () => {
  test("is followed: what is withdrawn is gone", async () => {
    await using server = await startNamedServer("n8n");
    publish(configurationFor(host, [server.url]));
    await routed();
    publish({});
    await routed("none");
    // The certificate no longer names it, either.
    await expect(ask(host)).rejects.toThrow(/does not match certificate/);
  });

  test("that is refused changes nothing, and is told once", async () => {
    await using server = await startNamedServer("n8n");
    publish(configurationFor(host, [server.url]));
    await routed();
    publish({ http: { routers: { one: { rule: "Host(`other.example.org`)" } } } });
    const refusals = () => lines.filter((line) => line.startsWith("The configuration is refused: "));
    await vi.waitFor(() => expect(refusals()).toHaveLength(1));
    expect((await ask(host)).body).toBe("n8n");
    publish(configurationFor("other.example.org", [server.url]));
    await routed("other.example.org");
    expect(refusals()).toHaveLength(1);
    expect(lines).toContain("The controller's routes are taken again");
  });

  test("that cannot be had leaves the routes as they are", async () => {
    await using server = await startNamedServer("n8n");
    publish(configurationFor(host, [server.url]));
    await routed();
    answer = (_, response) => void response.writeHead(503).end();
    await vi.waitFor(() => expect(lines.at(-1)).toMatch(/answered with HTTP 503$/));
    expect((await ask(host)).body).toBe("n8n");
  });

  test("is not had with a wrong token, or from a controller of another authority", async () => {
    await router.close();
    router = await start("wrong");
    await vi.waitFor(() => expect(lines.at(-1)).toMatch(/answered with HTTP 401$/));
    await router.close();
    authority = await ensureRouterAuthority(join(directory, "other"));
    router = await start(token);
    await vi.waitFor(() => expect(lines.at(-1)).toMatch(/certificate/));
    expect(lines.join("\n")).not.toContain(token);
  });
});

test("the authority stays over restarts, and its certificates name the hosts", async () => {
  const again = await ensureRouterAuthority(directory);
  expect(again.ca).toBe(authority.ca);
  await using server = await startNamedServer("n8n");
  publish(configurationFor(host, [server.url]));
  await routed();
  const outgoing = tlsRequest({ host: "127.0.0.1", port: router.ports.websecure, servername: host, ca: again.ca });
  outgoing.end();
  const [socket]: TLSSocket[] = await once(outgoing, "socket");
  await once(outgoing, "response");
  expect(socket?.getPeerCertificate().subjectaltname).toBe(`DNS:traefik.default, DNS:${host}`);
  outgoing.destroy();
});

function openSocket(name: string): WebSocket {
  return new WebSocket(`wss://127.0.0.1:${router.ports.websecure}/`, {
    ...{ servername: name, ca: authority.ca, headers: { host: name } },
  });
}
