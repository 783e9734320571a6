import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as accountsApi from "@berth/shared/api/accounts";
import type { Account } from "@berth/shared/api/accounts";
import * as capacityApi from "@berth/shared/api/capacity";
import * as fleetApi from "@berth/shared/api/fleet";
import * as metricsApi from "@berth/shared/api/metrics";
import * as nodesApi from "@berth/shared/api/nodes";
import * as prometheusApi from "@berth/shared/api/prometheus";
import * as routesApi from "@berth/shared/api/routes";
import * as runsApi from "@berth/shared/api/runs";
import * as secretsApi from "@berth/shared/api/secrets";
import * as statusApi from "@berth/shared/api/status";
import { BerthError } from "@berth/shared/errors";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FleetInvalid } from "../apply/fleet-invalid.ts";
import { buildApp, type ApiDependencies } from "./app.ts";
import { idleDependencies } from "./testing/dependencies.ts";

const accounts: Record<string, Account> = {
  viewer: { name: "vera", role: "viewer", tenant: null },
  admin: { name: "anna", role: "admin", tenant: null },
  tenant: { name: "tina", role: "tenant", tenant: "user1" },
};
const status = { fleet: null, nodes: [], instances: [] };
const unused = () => Promise.reject(new Error("not asked for in this test"));

const dependencies: ApiDependencies = {
  ...idleDependencies,
  fleet: {
    version: "1.2.3",
    control: {
      plan: ({ yaml }) =>
        yaml === "bad"
          ? Promise.reject(new FleetInvalid([{ file: "f", line: 2, column: 3, path: "a", message: "is wrong" }]))
          : Promise.resolve({ operations: [], warnings: [] }),
      apply: unused,
    },
    exportFile: () => Promise.reject(new Error("a mistake with the secret hunter2hunter2")),
    status: () => Promise.resolve(status),
    inventory: unused,
  },
  nodes: {
    status: () => Promise.resolve(status),
    add: unused,
    remove: unused,
    createToken: unused,
    upgradeAgent: unused,
  },
  runs: { get: unused, list: () => Promise.resolve([]), logs: unused, cancel: unused, resume: unused },
  accounts: {
    login: ({ name }) =>
      Promise.reject(
        name === "guesser"
          ? new BerthError("rate.limited", "Too many attempts to log in", { retryAfterSeconds: 300 })
          : new BerthError("unauthenticated", "Name or password is wrong"),
      ),
    logout: () => Promise.resolve(true),
    list: () => Promise.resolve(Object.values(accounts)),
    set: ({ name, role = "viewer", tenant = null }) => Promise.resolve({ name, role, tenant }),
    remove: (name) => Promise.resolve(name === "vera"),
  },
  live: {
    status: () => Promise.resolve(status),
    alerts: () => ({ firing: 0, critical: 0 }),
    run: unused,
    logs: unused,
    subscribe: () => undefined,
    watchSamples: () => undefined,
  },
};

let directory: string;
let local: FastifyInstance;
let page: FastifyInstance;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-page-"));
  await writeFile(join(directory, "index.html"), "<title>Berth</title>");
  await writeFile(join(directory, "terminal.html"), "<title>Terminal</title>");
  await mkdir(join(directory, "assets"));
  for (const [ending, content] of Object.entries({ "": "script", ".br": "br", ".gz": "gz" })) {
    await writeFile(join(directory, `assets/index-1.js${ending}`), content);
  }
  const common = { logger: pino({ level: "silent" }), https: null };
  const authenticate = (token: string) => Promise.resolve(accounts[token] ?? null);
  local = await buildApp(dependencies, { ...common, access: { trusted: true, authenticate }, pageDirectory: null });
  page = await buildApp(dependencies, {
    ...common,
    access: { trusted: false, authenticate },
    pageDirectory: directory,
  });
});

afterAll(async () => {
  await Promise.all([local.close(), page.close()]);
  await rm(directory, { recursive: true });
});

const contracts = [
  ...[accountsApi, capacityApi, fleetApi, metricsApi, nodesApi],
  ...[prometheusApi, routesApi, runsApi, secretsApi, statusApi],
];
const endpoints = contracts
  .flatMap((contract) => Object.values(contract))
  .filter((value) => typeof value === "object" && "path" in value);

/** Everything but what is for everybody, or for a tenant's account: see tenant-accounts.test.ts. */
const closedPaths: (readonly ["GET" | "POST" | "PUT" | "DELETE", string])[] = [
  ...endpoints
    .filter(({ role }) => role !== "public" && role !== "tenant")
    .map(({ method, path }) => [method, path.replace(":name", "user1").replace(":id", "1")] as const),
  ["GET", prometheusApi.metricsPath],
];

function bearer(token: string) {
  return { authorization: `Bearer ${token}` };
}

describe("who may", () => {
  test("the Unix socket needs no token, and is admin", async () => {
    expect((await local.inject("/api/me")).json()).toEqual({ name: "local", role: "admin", tenant: null });
    expect((await local.inject("/api/status")).json()).toEqual(status);
  });

  test("elsewhere everything but what is public needs one", async () => {
    expect((await page.inject("/api/version")).json()).toEqual({ version: "1.2.3" });
    for (const headers of [{}, bearer("wrong"), { cookie: "berth_session=wrong" }]) {
      const { statusCode, body } = await page.inject({ url: "/api/status", headers });
      expect([statusCode, JSON.parse(body).error.code]).toEqual([401, "unauthenticated"]);
    }
    expect((await page.inject({ url: "/api/status", headers: bearer("viewer") })).statusCode).toBe(200);
  });

  test("a role that is too low is told which one is needed", async () => {
    const { statusCode, body } = await page.inject({ url: "/api/fleet", headers: bearer("viewer") });
    expect(statusCode).toBe(403);
    expect(JSON.parse(body).error.message).toBe("This needs the role 'admin'; account 'vera' has 'viewer'");
  });

  test("an account of the role tenant gets at nothing that is the whole fleet's, and can log out", async () => {
    const headers = bearer("tenant");
    const answers = await Promise.all(
      closedPaths.map(async ([method, url]) => [method, url, (await page.inject({ method, url, headers })).statusCode]),
    );
    expect(answers).toEqual(closedPaths.map(([method, url]) => [method, url, 403]));
    expect((await page.inject({ url: "/api/me", headers })).json()).toEqual(accounts["tenant"]);
    expect((await page.inject({ method: "POST", url: "/api/logout", headers })).json()).toEqual({ ended: true });
  });

  test("a foreign page cannot change anything with our visitor's cookie", async () => {
    const request = {
      method: "POST" as const,
      url: "/api/logout",
      headers: { cookie: "berth_session=viewer", host: "berth.example" },
    };
    expect((await page.inject(request)).statusCode).toBe(403);
    const foreign = { ...request, headers: { ...request.headers, origin: "https://evil.example" } };
    expect((await page.inject(foreign)).statusCode).toBe(403);
    const own = { ...request, headers: { ...request.headers, origin: "https://berth.example" } };
    expect((await page.inject(own)).json()).toEqual({ ended: true });
  });
});

describe("accounts", () => {
  const put = (payload: object) => local.inject({ method: "PUT", url: "/api/accounts/vera", payload });

  test("are listed for admins only", async () => {
    expect((await local.inject("/api/accounts")).json()).toEqual({ accounts: Object.values(accounts) });
    expect((await page.inject({ url: "/api/accounts", headers: bearer("viewer") })).statusCode).toBe(403);
  });

  test("get a role that there is, and the tenant of the role tenant", async () => {
    expect((await put({ role: "operator" })).json()).toMatchObject({ name: "vera", role: "operator", admins: 1 });
    expect((await put({ role: "tenant", tenant: "user1" })).json()).toMatchObject({ role: "tenant", tenant: "user1" });
    for (const payload of [{ role: "root" }, { role: "tenant", tenant: "No Name" }, { tenants: ["user1"] }])
      expect((await put(payload)).statusCode).toBe(400);
  });

  test("are removed by name", async () => {
    const remove = (name: string) => local.inject({ method: "DELETE", url: `/api/accounts/${name}` });
    expect((await remove("vera")).json()).toEqual({ name: "vera", admins: 1 });
    expect((await remove("nobody")).json()).toMatchObject({
      error: { code: "not-found", message: "There is no account 'nobody'" },
    });
  });
});

describe("what goes wrong leaves as an entry of the catalogue", () => {
  test("a body that does not fit says where", async () => {
    const { statusCode, body } = await local.inject({ method: "POST", url: "/api/plan", payload: { yaml: 1 } });
    expect([statusCode, JSON.parse(body).error]).toEqual([
      400,
      { code: "request.invalid", message: "yaml: Invalid input: expected string, received number" },
    ]);
  });

  test("JSON that is none, a method and a path that are not there", async () => {
    const broken = await local.inject({
      method: "POST",
      url: "/api/plan",
      payload: "{",
      headers: { "content-type": "application/json" },
    });
    expect([broken.statusCode, broken.json().error.code]).toEqual([400, "request.invalid"]);
    const missing = await local.inject("/api/nothing");
    expect([missing.statusCode, missing.json().error]).toEqual([
      404,
      { code: "not-found", message: "Nothing is at GET /api/nothing" },
    ]);
  });

  test("too many attempts are told as such, and when to try again", async () => {
    const payload = { name: "guesser", password: "wrong" };
    const { statusCode, headers, body } = await page.inject({ method: "POST", url: "/api/login", payload });
    expect([statusCode, headers["retry-after"]]).toEqual([429, "300"]);
    expect(JSON.parse(body).error).toEqual({ code: "rate.limited", message: "Too many attempts to log in" });
  });

  test("what nobody foresaw does not leave with its own words", async () => {
    const { statusCode, body } = await local.inject("/api/fleet");
    expect(statusCode).toBe(500);
    expect(body).not.toContain("hunter2");
  });

  test("mistakes of a fleet file come with their places", async () => {
    const { statusCode, body } = await local.inject({ method: "POST", url: "/api/plan", payload: { yaml: "bad" } });
    expect(statusCode).toBe(422);
    expect(JSON.parse(body).error.problems).toEqual([
      { file: "f", line: 2, column: 3, path: "a", message: "is wrong" },
    ]);
  });
});

describe("the page", () => {
  test("is answered at its root and at each view, never cached, under its policy", async () => {
    for (const url of ["/", "/runs/1", "/nodes/user1"]) {
      const { statusCode, headers, body } = await page.inject({ url, headers: { accept: "text/html" } });
      expect([statusCode, body, headers["cache-control"]]).toEqual([200, "<title>Berth</title>", "no-cache"]);
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["content-security-policy"]).not.toContain("unsafe");
    }
  });

  test("lets inline styles be in the terminal's document alone, and nothing else there", async () => {
    for (const url of ["/terminal", "/terminal?instance=user1-n8n", "/terminal.html"]) {
      const { body, headers } = await page.inject({ url, headers: { accept: "text/html" } });
      expect(body).toBe("<title>Terminal</title>");
      const rules = String(headers["content-security-policy"]).split("; ");
      expect(rules.filter((rule) => rule.includes("unsafe"))).toEqual(["style-src 'self' 'unsafe-inline'"]);
      expect(rules).toEqual(expect.arrayContaining(["script-src 'self'", "trusted-types 'none'"]));
    }
  });

  test("opens no terminal by a link of another page, a tenant's among them", async () => {
    const ask = (url: string, site: string) =>
      page.inject({ url, headers: { accept: "text/html", "sec-fetch-site": site } });
    for (const url of ["/terminal?instance=shared-postgres", "/terminal.html"]) {
      for (const site of ["cross-site", "same-site"]) {
        const { statusCode, headers } = await ask(url, site);
        expect([site, statusCode, headers.location]).toEqual([site, 303, "/"]);
      }
      for (const site of ["same-origin", "none"]) {
        const { statusCode, headers } = await ask(url, site);
        expect([site, statusCode, headers["cross-origin-opener-policy"]]).toEqual([site, 200, "same-origin"]);
      }
    }
    expect((await ask("/", "cross-site")).statusCode).toBe(200);
  });

  test("sends scripts in the smallest form that the browser takes", async () => {
    for (const [accepted, sent] of Object.entries({ "gzip, br": "br", gzip: "gz", identity: undefined })) {
      const { headers, body } = await page.inject({
        url: "/assets/index-1.js",
        headers: { "accept-encoding": accepted },
      });
      expect(body).toBe(sent ?? "script");
      expect(headers["content-encoding"]).toBe(sent === "gz" ? "gzip" : sent);
      expect(headers).toMatchObject({
        "content-type": expect.stringContaining("/javascript"),
        "cache-control": "public, max-age=31536000, immutable",
        "content-security-policy": expect.stringContaining("default-src 'none'"),
        vary: expect.stringMatching(/accept-encoding/i),
      });
    }
  });

  test("is no answer to what asks for something else", async () => {
    for (const url of ["/api/nothing", "/assets/gone.js", "/agent/nothing"]) {
      expect((await page.inject({ url, headers: { accept: "text/html" } })).statusCode).toBe(404);
    }
    expect((await page.inject({ url: "/runs/1", headers: { accept: "application/json" } })).statusCode).toBe(404);
    expect((await page.inject({ url: "/../../etc/passwd", headers: { accept: "text/html" } })).body).not.toContain(
      "root:",
    );
  });
});
