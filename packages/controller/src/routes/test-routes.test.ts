import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openAuthority, type Authority } from "../agents/authority/authority.ts";
import { fleetWith, routeTo } from "./testing/fleet.ts";
import { testRoutes, type TestOptions } from "./test-routes.ts";

const signal = AbortSignal.timeout(60_000);
const servers: Server[] = [];

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A server that answers with these statuses in turn, and with the last one from then on. */
async function serve(statuses: number[], seen: IncomingMessage[] = []): Promise<number> {
  const listener: RequestListener = (request, response) => {
    seen.push(request);
    response.writeHead(statuses[Math.min(seen.length, statuses.length) - 1] ?? 500).end();
  };
  return listen(createServer({ keepAlive: false }, listener));
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Tests a route through a router that is plain HTTP at the port. */
async function through(port: number, options: Partial<TestOptions> = {}, route = routeTo(1)) {
  const fleet = fleetWith({ router: { address: "127.0.0.1", port, tls: false } });
  return (await testRoutes(fleet, [route], { signal, ...options }))[0];
}

describe("through a router", () => {
  test("a route is asked for by its name, for its health page", async () => {
    const seen: IncomingMessage[] = [];
    expect(await through(await serve([200], seen))).toEqual({
      host: "n8n.example.org",
      outcome: "answered",
      status: 200,
      milliseconds: expect.any(Number),
      reason: null,
    });
    expect(seen.map(({ url, method, headers }) => [method, url, headers.host])).toEqual([
      ["GET", "/healthz", "n8n.example.org"],
    ]);
  });

  test.each([
    [404, "HTTP 404: the router does not have this route (yet), or the service has no such page"],
    [502, "HTTP 502: the router cannot reach the server behind the route"],
    [503, "HTTP 503: the router finds no healthy server behind the route"],
    [504, "HTTP 504: the server did not answer the router in time"],
    [302, "HTTP 302"],
  ])("HTTP %d is a failure", async (status, reason) => {
    expect(await through(await serve([status]))).toMatchObject({ outcome: "failed", status, reason });
  });

  test("whose health page nobody knows, any answer of the service will do", async () => {
    const route = routeTo(1, { healthCheck: null });
    for (const status of [200, 302, 401]) {
      expect(await through(await serve([status]), {}, route)).toMatchObject({ outcome: "answered", status });
    }
    for (const status of [404, 500]) {
      expect(await through(await serve([status]), {}, route)).toMatchObject({ outcome: "failed", status });
    }
  });

  test("with patience, a route that the router is yet to learn of", async () => {
    const port = await serve([404, 404, 200]);
    expect(await through(port, { patienceMilliseconds: 10_000 })).toMatchObject({ outcome: "answered", status: 200 });
  });

  test("that is not there", async () => {
    const port = await serve([200]);
    const [server] = servers;
    server?.close();
    if (server !== undefined) await once(server, "close");
    expect(await through(port)).toMatchObject({
      outcome: "failed",
      status: null,
      reason: `nothing listens at 127.0.0.1:${port}`,
    });
  });

  test("that is silent", async () => {
    const port = await listen(createTcpServer());
    expect(await through(port, { requestMilliseconds: 200 })).toMatchObject({
      outcome: "failed",
      reason: `no answer from 127.0.0.1:${port} within 0.2 s`,
    });
    expect(await through(port, { signal: AbortSignal.timeout(100), patienceMilliseconds: 10_000 })).toMatchObject({
      outcome: "failed",
      reason: "the test was ended before it answered",
    });
  });
});

describe("the router's certificate", () => {
  let directory: string;
  let authority: Authority;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "berth-test-routes-"));
    authority = await openAuthority({ directory });
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function encrypted(host: string, ca: string | undefined) {
    const { certificate, key } = await authority.issueServerCertificate(["n8n.example.org"]);
    const names: (string | false | undefined | null)[] = [];
    const server = createTlsServer({ cert: certificate, key }, (request, response) => {
      if ("servername" in request.socket && typeof request.socket.servername === "string") {
        names.push(request.socket.servername);
      }
      response.end();
    });
    const port = await listen(server);
    const fleet = fleetWith({ router: { address: "127.0.0.1", port } });
    const route = routeTo(1, { host, url: `https://${host}` });
    return { result: (await testRoutes(fleet, [route], { signal, ca }))[0], names };
  }

  test("is measured by the given CA and the route's name, which the router is told", async () => {
    const { result, names } = await encrypted("n8n.example.org", authority.caPem);
    expect(result).toMatchObject({ outcome: "answered", status: 200 });
    expect(names).toEqual(["n8n.example.org"]);
  });

  test("of another CA is refused", async () => {
    const { result } = await encrypted("n8n.example.org", undefined);
    expect(result?.outcome).toBe("failed");
    expect(result?.reason).toMatch(/^the certificate at 127\.0\.0\.1:\d+ is not trusted: .*routes\.router\.caFile$/);
  });

  test("for other names is refused", async () => {
    const { result } = await encrypted("flowise.example.org", authority.caPem);
    expect(result?.outcome).toBe("failed");
    expect(result?.reason).toMatch(/^the certificate at 127\.0\.0\.1:\d+ is for other names: /);
  });
});

test("without a router, the instance itself is asked", async () => {
  const seen: IncomingMessage[] = [];
  const port = await serve([200], seen);
  const route = routeTo(port, { url: `http://127.0.0.1:${port}` });
  expect((await testRoutes(fleetWith(), [route], { signal }))[0]).toMatchObject({ outcome: "answered", status: 200 });
  expect(seen[0]?.headers.host).toBe(`127.0.0.1:${port}`);
});

test("what cannot be tested says why", async () => {
  const files = fleetWith({ directory: "/etc/traefik/dynamic" });
  expect((await testRoutes(files, [routeTo(1)], { signal }))[0]).toMatchObject({
    outcome: "untested",
    reason: "no router is named in the fleet file: routes.router",
  });
  const reason = "user1-n8n is starting";
  const withdrawn = routeTo(1, { state: "withdrawn", reason });
  expect(await testRoutes(fleetWith(), [withdrawn, { ...withdrawn, suspended: true }], { signal })).toMatchObject([
    { outcome: "failed", reason: "it is withdrawn: user1-n8n is starting" },
    { outcome: "untested", reason },
  ]);
});

test("many are asked for at once, and each result is its own", async () => {
  const port = await serve([200]);
  const routes = Array.from({ length: 30 }, (_, index) => routeTo(1, { host: `n8n-${index}.example.org` }));
  const fleet = fleetWith({ router: { address: "127.0.0.1", port, tls: false } });
  const results = await testRoutes(fleet, routes, { signal });
  expect(results.map(({ host }) => host)).toEqual(routes.map(({ host }) => host));
  expect(results.every(({ outcome }) => outcome === "answered")).toBe(true);
});
