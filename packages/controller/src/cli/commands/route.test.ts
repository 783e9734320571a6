import { getTraefikProvider, listRoutes, type Route, type RouteResult, testRoutes } from "@berth/shared/api/routes";
import { errorCatalogue } from "@berth/shared/errors";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController } from "../testing/controller.ts";
import { runInTest } from "../testing/terminal.ts";

const route: Route = {
  host: "test-user1-n8n.example.org",
  url: "https://test-user1-n8n.example.org",
  service: "n8n",
  tenant: "user1",
  instance: "user1-n8n",
  servers: [
    { instance: "user1-n8n", node: "user1", address: "10.0.6.11", port: 5678, state: "healthy", upgrading: false },
  ],
  healthCheck: { path: "/healthz", timeoutSeconds: 5 },
  state: "published",
  reason: null,
  suspended: false,
};
const suspended: Route = {
  ...route,
  host: "test-user2-n8n.example.org",
  url: "https://test-user2-n8n.example.org",
  instance: "user2-n8n",
  servers: [
    { instance: "user2-n8n", node: "user2", address: "10.0.6.12", port: 5678, state: "missing", upgrading: false },
  ],
  state: "withdrawn",
  reason: "tenant 'user2' is suspended",
  suspended: true,
};
const answered: RouteResult = { host: route.host, outcome: "answered", status: 200, milliseconds: 12, reason: null };
const untested: RouteResult = {
  ...{ host: suspended.host, outcome: "untested", status: null, milliseconds: null },
  reason: "tenant 'user2' is suspended",
};
const router = { address: "10.0.4.10", port: 443, tls: true };

async function list(options: { results: RouteResult[]; router?: typeof router | null; words?: string[] }) {
  const bodies: unknown[] = [];
  await using controller = await startTestController((app) => {
    serveEndpoint(app, listRoutes, async () => ({
      routes: [route, suspended],
      router: options.router === undefined ? router : options.router,
    }));
    serveEndpoint(app, testRoutes, async ({ body }) => {
      bodies.push(body);
      return { results: options.results };
    });
  });
  const words = ["route", "list", ...(options.words ?? []), "--controller", controller.address];
  return { ...(await runInTest(words)), bodies };
}

test("route list tests every route and tells what came of it", async () => {
  const { exitCode, stdout, stderr, bodies } = await list({ results: [answered, untested] });
  expect(stdout).toBe(
    `URL                                 INSTANCE   TARGET          STATE      TEST
https://test-user1-n8n.example.org  user1-n8n  10.0.6.11:5678  published  HTTP 200 in 12 ms
https://test-user2-n8n.example.org  user2-n8n  10.0.6.12:5678  withdrawn  tenant 'user2' is suspended

1 of 2 routes answered (1 not tested).
`,
  );
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(bodies).toEqual([{ patienceSeconds: 0 }]);
});

test("one that does not answer is an error, after the table", async () => {
  const failed: RouteResult = { ...answered, outcome: "failed", status: 503, reason: "HTTP 503" };
  const { exitCode, stdout, stderr } = await list({ results: [failed, untested], words: ["--patience", "3"] });
  expect(exitCode).toBe(errorCatalogue["route.failed"].exitCode);
  expect(stdout).toContain("0 of 2 routes answered (1 failed, 1 not tested).");
  expect(stderr).toContain("error: test-user1-n8n.example.org does not answer: HTTP 503");
});

test("--untested asks for none", async () => {
  const { stdout, bodies } = await list({ results: [], words: ["--untested"] });
  expect(stdout).toContain("REASON\n");
  expect(stdout).not.toContain("answered");
  expect(bodies).toEqual([]);
});

test("a fleet without a router is told so", async () => {
  expect((await list({ results: [answered], router: null })).stderr).toBe(
    "No router is configured (routes.router in the fleet file): the instances were asked at their own addresses.\n",
  );
  const { exitCode, stderr } = await list({ results: [{ ...untested, host: route.host }], router: null });
  expect(exitCode).toBe(0);
  expect(stderr).toBe(
    "No router is configured: name it in the fleet file (routes.router), and its routes are tested.\n",
  );
});

test("--json is the routes with their tests", async () => {
  const { stdout } = await list({ results: [answered], words: ["--json"] });
  expect(JSON.parse(stdout)).toEqual({
    routes: [
      { ...route, test: answered },
      { ...suspended, test: null },
    ],
    router,
  });
});

test.each([
  [[], "TOKEN", "The token is left out; --show-token prints it.\n"],
  [["--show-token"], "t0ken", ""],
] as const)("route token %j prints what Traefik's provider needs", async (words, token, note) => {
  await using controller = await startTestController((app) =>
    serveEndpoint(app, getTraefikProvider, async ({ query }) => ({
      endpoint: "https://10.0.6.1:8421/api/routes/traefik",
      ca: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
      token: query.token ? "t0ken" : null,
    })),
  );
  const { stdout, stderr } = await runInTest(["route", "token", ...words, "--controller", controller.address]);
  expect(parse(stdout)).toEqual({
    providers: {
      http: {
        endpoint: "https://10.0.6.1:8421/api/routes/traefik",
        pollInterval: "2s",
        pollTimeout: "5s",
        headers: { Authorization: `Bearer ${token}` },
        tls: { ca: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" },
      },
    },
  });
  expect(stderr).toBe(note);
});
