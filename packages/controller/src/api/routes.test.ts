import { listRoutes, testRoutes, type RouteResult } from "@berth/shared/api/routes";
import type { Account } from "@berth/shared/api/accounts";
import { traefikConfigurationPath, type TraefikConfiguration } from "@berth/shared/routes/traefik";
import Fastify, { type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { traefikConfiguration } from "../routes/configuration.ts";
import { fleetWith, routesOf } from "../routes/testing/fleet.ts";
import { guardRoutes } from "./authenticate.ts";
import { handleErrors } from "./errors.ts";
import { serveRoutes, type RoutesApi } from "./routes.ts";

const fleet = fleetWith({ router: { address: "10.0.4.10" } });
const routes = routesOf(fleet);
const accounts: Record<string, Account> = {
  viewer: { name: "vera", role: "viewer", tenant: null },
  admin: { name: "anna", role: "admin", tenant: null },
};
const result: RouteResult = {
  ...{ host: "user1-n8n.example.org", outcome: "answered", status: 200, milliseconds: 1, reason: null },
};

let configuration: TraefikConfiguration = traefikConfiguration(fleet, routes);
const asked: unknown[] = [];
const api: RoutesApi = {
  list: async () => ({ routes, router: { address: "10.0.4.10", port: 443, tls: true } }),
  configuration: async () => configuration,
  test: async (request) => {
    asked.push(request);
    return [result];
  },
  provider: async ({ token }) => ({
    endpoint: "https://10.0.6.1:8421/api/routes/traefik",
    ca: "PEM",
    token: token ? "r0uter" : null,
  }),
  isToken: (candidate) => candidate === "r0uter",
};

let app: FastifyInstance;
let local: FastifyInstance;

async function build(trusted: boolean): Promise<FastifyInstance> {
  const built = Fastify();
  built.setValidatorCompiler(validatorCompiler);
  built.setSerializerCompiler(serializerCompiler);
  handleErrors(built);
  guardRoutes(built, { trusted, authenticate: async (token) => accounts[token] ?? null });
  serveRoutes(built, api);
  await built.ready();
  return built;
}

beforeAll(async () => {
  [app, local] = await Promise.all([build(false), build(true)]);
});
afterAll(() => Promise.all([app.close(), local.close()]));

function get(url: string, token?: string, headers: Record<string, string> = {}) {
  return app.inject({
    url,
    headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
  });
}

describe("the router's endpoint", () => {
  test("is the configuration as it is, for the router, an admin and the Unix socket", async () => {
    for (const answer of [
      await get(traefikConfigurationPath, "r0uter"),
      await get(traefikConfigurationPath, "admin"),
      await local.inject(traefikConfigurationPath),
    ]) {
      expect(answer.statusCode).toBe(200);
      expect(answer.headers["content-type"]).toContain("application/json");
      expect(answer.json()).toEqual(configuration);
    }
  });

  test.each([
    ["no token", undefined, {}, 401],
    ["a wrong one", "r0uter2", {}, 401],
    ["the account of a viewer", "viewer", {}, 403],
    ["the token as a cookie", undefined, { cookie: "berth_session=r0uter" }, 401],
  ])("is closed to %s", async (_, token, headers, status) => {
    const answer = await get(traefikConfigurationPath, token, headers);
    expect([answer.statusCode, answer.json().error.code]).toEqual([
      status,
      status === 401 ? "unauthenticated" : "forbidden",
    ]);
  });

  test("says 304 as long as nothing has changed", async () => {
    const { headers } = await get(traefikConfigurationPath, "r0uter");
    const etag = String(headers.etag);
    const again = await get(traefikConfigurationPath, "r0uter", { "if-none-match": `"other", W/${etag}` });
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, "", etag]);
    configuration = {};
    const changed = await get(traefikConfigurationPath, "r0uter", { "if-none-match": etag });
    expect([changed.statusCode, changed.json()]).toEqual([200, {}]);
    expect(changed.headers.etag).not.toBe(etag);
  });
});

test("the router's token opens nothing else", async () => {
  for (const url of [listRoutes.path, "/api/routes/provider?token=true"]) {
    expect((await get(url, "r0uter")).statusCode).toBe(401);
  }
  expect((await app.inject({ method: "POST", url: testRoutes.path, payload: {} })).statusCode).toBe(401);
});

test("a viewer lists and tests routes; the token is told to admins who ask for it", async () => {
  expect((await get(listRoutes.path, "viewer")).json()).toMatchObject({ routes, router: { port: 443 } });
  const headers = { authorization: "Bearer viewer" };
  const tested = await app.inject({ method: "POST", url: testRoutes.path, headers, payload: { hosts: [result.host] } });
  expect(tested.json()).toEqual({ results: [result] });
  expect(asked).toEqual([{ hosts: [result.host], patienceSeconds: 0 }]);
  expect((await get("/api/routes/provider?token=true", "viewer")).statusCode).toBe(403);
  expect((await get("/api/routes/provider", "admin")).json()).toMatchObject({ token: null });
  expect((await get("/api/routes/provider?token=true", "admin")).json()).toMatchObject({ token: "r0uter" });
});
