import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import grafana from "@berth/shared/catalog/grafana";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGrafana, type Grafana } from "./server.ts";

const login = { user: "admin", password: "a-long-password" };
const replaced: Readonly<Record<string, string>> = {
  "service.prometheus.secret.password": "scraped",
  "route.url": "https://grafana.example.org",
};

let directory: string;
let prometheus: Server;
/** What it was asked, with the login that came along. */
let asked: { path: string; query: string; authorization: string | undefined }[];
let running: Grafana[];

/** Knows one node and two tenants, and one series of anything. */
async function answerOf(request: IncomingMessage): Promise<unknown> {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  const query = new URLSearchParams(await text(request)).get("query") ?? "";
  asked.push({ path: pathname, query, authorization: request.headers.authorization });
  if (pathname === "/api/v1/label/node/values") return { data: ["user1"] };
  if (pathname === "/api/v1/label/tenant/values") return { data: ["shared", "user1"] };
  return { data: { resultType: "vector", result: [{ metric: { tenant: "user1" }, value: [1, "42"] }] } };
}

beforeEach(async () => {
  [asked, running] = [[], []];
  directory = await mkdtemp(join(tmpdir(), "berth-grafana-"));
  prometheus = createServer((request, response) => {
    answerOf(request).then(
      (answer) => response.end(JSON.stringify(answer)),
      () => response.destroy(),
    );
  });
  await listen(prometheus);
  const own: Readonly<Record<string, string>> = { ...replaced, "service.prometheus.url": urlOf(prometheus) };
  for (const { path, content } of grafana.files) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    const filled = content.replaceAll(/\$\{([\w.]+)\}/g, (_, name: string) => own[name] ?? name);
    await writeFile(file, filled.replaceAll("/etc/grafana", join(directory, "etc/grafana")));
  }
});
afterEach(async () => {
  for (const { server, close } of running) {
    server.closeAllConnections();
    server.close();
    close();
  }
  prometheus.closeAllConnections();
  prometheus.close();
  await rm(directory, { recursive: true });
});

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

function urlOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

function environment(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  const filled = Object.entries(grafana.env).map(([name, value]) => [
    name,
    value.replaceAll(/\$\{([\w.]+)\}/g, (_, placeholder: string) => replaced[placeholder] ?? login.password),
  ]);
  const paths = {
    GF_PATHS_DATA: join(directory, "data"),
    GF_PATHS_PROVISIONING: join(directory, "etc/grafana/provisioning"),
  };
  return { ...Object.fromEntries(filled), ...paths, ...changes };
}

async function start(changes?: Readonly<Record<string, string>>): Promise<string> {
  const started = createGrafana(environment(changes));
  running.push(started);
  await listen(started.server);
  return urlOf(started.server);
}

async function cookieOf(url: string, { user, password }: typeof login): Promise<string | null> {
  const answer = await fetch(`${url}/login`, { method: "POST", body: JSON.stringify({ user, password }) });
  return answer.ok ? answer.headers.get("set-cookie") : null;
}

describe("the Grafana stand-in", () => {
  it("has what the catalog provisions at the first login: a data source and three dashboards", async () => {
    const url = await start();
    expect(await (await fetch(`${url}/api/health`)).json()).toMatchObject({ database: "ok", version: grafana.version });
    const cookie = (await cookieOf(url, login)) ?? "";
    const get = async (path: string): Promise<unknown> =>
      (await fetch(`${url}${path}`, { headers: { cookie } })).json();
    expect(await get("/api/search")).toMatchObject(
      ["Berth fleet", "Berth node", "Berth tenant"].map((title) => ({ title, folderTitle: "Berth" })),
    );
    const sources = JSON.stringify(await get("/api/datasources"));
    expect(sources).toContain(urlOf(prometheus));
    expect(sources).not.toContain("scraped");
  });

  it("asks the data source for each panel, with its login and the chosen variable", async () => {
    const url = await start();
    const authorization = `Basic ${btoa(`${login.user}:${login.password}`)}`;
    const answer = await fetch(`${url}/stand-in/panels/berth-tenant?tenant=user1`, { headers: { authorization } });
    const panels: unknown = await answer.json();
    expect(panels).toContainEqual({
      ...{ panel: "Memory", refId: "A", expression: 'sum(berth_container_memory_bytes{tenant="user1"})' },
      series: [{ labels: { tenant: "user1" }, value: 42 }],
    });
    const queries = asked.filter(({ path }) => path === "/api/v1/query");
    expect(queries.length).toBeGreaterThan(15);
    expect(queries.filter(({ query }) => query.includes("$"))).toEqual([]);
    expect(new Set(asked.map((one) => one.authorization))).toEqual(new Set([`Basic ${btoa("berth:scraped")}`]));
    const strange = await fetch(`${url}/stand-in/panels/berth-node?node=user9`, { headers: { authorization } });
    expect(strange.status).toBe(400);
  });

  it("lets in nobody else, and keeps the password of its first start", async () => {
    const url = await start();
    expect(await cookieOf(url, { ...login, password: "another" })).toBeNull();
    for (const path of ["/", "/api/search", "/api/datasources", "/stand-in/panels/berth-fleet"])
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 401]);
    const again = await start({ GF_SECURITY_ADMIN_PASSWORD: "another-password" });
    expect(await cookieOf(again, login)).not.toBeNull();
    expect(await cookieOf(again, { ...login, password: "another-password" })).toBeNull();
  });

  it("does not start with a setting or a file that the original would not know", async () => {
    await expect(start({ GF_SERVER_ROOTURL: "https://x" })).rejects.toThrow("GF_SERVER_ROOTURL");
    const file = join(directory, "etc/grafana/provisioning/datasources/berth.yaml");
    await writeFile(file, (await readFile(file, "utf8")).replace("basicAuthUser", "basicAuthusr"));
    await expect(start()).rejects.toThrow("basicAuthusr");
  });
});
