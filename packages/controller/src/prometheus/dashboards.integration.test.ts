/** The catalog's Prometheus, by Debian's: it scrapes as the planner sets it up, and gives each panel of Grafana its number. */
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createGrafana } from "@berth/lab/stand-ins/grafana/server";
import { catalog } from "@berth/shared/catalog/index";
import { dashboards } from "@berth/shared/catalog/grafana/dashboards";
import { fleetSchema } from "@berth/shared/fleet/schema";
import type { ContainerSpec } from "@berth/shared/operations/instance-spec";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { createFleetSecrets } from "../apply/fleet-secrets.ts";
import { dispatchedValues, resolveInstanceSecrets } from "../operations/resolve-secrets.ts";
import { desiredState } from "../plan/desired.ts";
import { startController, type TestController } from "./testing/controller.ts";
import { startCatalogPrometheus, type CatalogContainer, type TestPrometheus } from "./testing/server.ts";
import { testSnapshot } from "./testing/snapshot.ts";

const day = 86_400;
const { usage, backups } = testSnapshot();
if (usage === null || backups === null) throw new Error("The snapshot has neither usage nor backups");
const backupAge = () => Date.now() / 1000 - Date.parse(backups.backups[0]?.newest?.createdAt ?? "") / 1000;
const controllerBackupAge = () =>
  Date.now() / 1000 - Date.parse(backups.controllerBackup.newest?.createdAt ?? "") / 1000;
const proofAge = 90 * day;

let controller: TestController;
let server: TestPrometheus;
let container: CatalogContainer;

/** As the planner has it and the node gets it. */
async function planned(service: string): Promise<ContainerSpec> {
  const fleet = fleetSchema.parse({
    ...{ fleet: "test", domain: "example.org", nodes: { shared: { address: "10.0.6.10" } } },
    controller: { address: "127.0.0.1", port: controller.port },
    services: { shared: { prometheus: { node: "shared" }, grafana: { node: "shared" } } },
  });
  const { secrets, harness } = controller;
  const fleetSecrets = createFleetSecrets(secrets);
  const { instances, secrets: needs } = desiredState(fleet, {
    ...{ catalog, registryMirror: null, agentVersion: "0.1.0", controllerCa: harness.authority.caPem },
    ...fleetSecrets,
  });
  await fleetSecrets.ensure(needs);
  const found = instances.find(({ spec }) => spec.service === service);
  if (found === undefined) throw new Error(`${service} is not planned`);
  const reveal = dispatchedValues(({ name, version }) => secrets.reveal(name, version).reveal());
  const [main] = resolveInstanceSecrets(found.spec, reveal).containers;
  if (main === undefined) throw new Error(`${service} has no container`);
  return main;
}

beforeAll(async () => {
  controller = await startController({
    instances: [
      { instance: "user1-n8n", service: "n8n", tenant: "user1", state: "healthy" },
      { instance: "user1-flowise", service: "flowise", tenant: "user1", state: "unhealthy" },
      { instance: "shared-redis", service: "redis", tenant: null, state: "healthy" },
    ],
    frame: {
      node: [0.75, 1e9, 4e9, 4096, 1200, 3400, 5600, 7800, 12e9, 30e9, 0.5, 0.25, 0.125],
      containers: [
        [0.25, 3e8, 1e9, 11, 22, 33, 44, 12, 0.75],
        [0.125, 2e8, 1e9, 1, 2, 3, 4, 5, 0],
        [0.5, 1e8, 4e8, 5, 6, 7, 8, 9, 0.25],
      ],
    },
    usage,
    // Two of its rules are for backups that nobody has proven for long.
    backups: {
      ...backups,
      backups: backups.backups.map((one) =>
        one.owner === "user1" ? { ...one, provenAt: new Date(Date.now() - proofAge * 1000).toISOString() } : one,
      ),
    },
  });
  // Known, and away.
  await controller.harness.enrol("shared");
  const { command = [], files = [] } = await planned("prometheus");
  const password = controller.secrets.reveal("shared-prometheus/password").reveal();
  container = { command, files, login: { user: "berth", password } };
  server = await startCatalogPrometheus(container);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await controller?.[Symbol.asyncDispose]();
});

const patience = { timeout: 20_000, interval: 250 };

describe("Prometheus as the planner sets it up", () => {
  test("has what promtool takes for right: configuration, rules, logins", async () => {
    const { stdout } = await execa("promtool", ["check", "config", server.configuration]);
    expect(stdout).toContain("SUCCESS: 13 rules found");
    await execa("promtool", ["check", "web-config", `${dirname(server.configuration)}/web.yml`]);
  });

  test("scrapes the controller over TLS with its token, and has the rules", async () => {
    await expect.poll(() => server.query('up{job="berth"}'), patience).toMatchObject([{ value: 1 }]);
    expect(await server.get("/api/v1/rules")).toMatchObject({ data: { groups: [{ name: "berth" }] } });
  });

  test("lets in nobody without the password, at no path", async () => {
    const { user, password } = container.login;
    const knock = async (path: string, credentials?: string) => {
      const headers = credentials === undefined ? {} : { authorization: `Basic ${btoa(credentials)}` };
      return (await fetch(`${server.url}${path}`, { headers })).status;
    };
    for (const path of ["/api/v1/query?query=up", "/metrics", "/-/ready", "/federate?match[]=up", "/"]) {
      expect([path, await knock(path)]).toEqual([path, 401]);
      expect([path, await knock(path, `${user}:wrong`)]).toEqual([path, 401]);
    }
    expect(await knock("/-/ready", `${user}:${password}`)).toBe(200);
  });

  test("goes on to scrape with the token that it has when that is rotated, and with the new one", async () => {
    const scrapes = () => server.query('count_over_time(up{job="berth"}[1h])');
    await controller.secrets.rotate("berth-prometheus/token", { length: 48, alphabet: "alphanumeric" });
    const [before] = await scrapes();
    await expect
      .poll(async () => ((await scrapes())[0]?.value ?? 0) - (before?.value ?? 0), patience)
      .toBeGreaterThan(2);
    expect(await server.query('up{job="berth"}')).toMatchObject([{ value: 1 }]);
    const old = container.files.find(({ path }) => path.endsWith(".token"))?.content;
    const next = (await planned("prometheus")).files?.find(({ path }) => path.endsWith(".token"))?.content;
    expect(next).toBe(controller.secrets.reveal("berth-prometheus/token").reveal());
    expect(next).not.toBe(old);
  });
});

describe("Grafana as the planner sets it up", () => {
  test("has that Prometheus for its data source, with a login that it takes, and gets something for each panel", async () => {
    const { env, files = [] } = await planned("grafana");
    const directory = await mkdtemp(join(tmpdir(), "berth-grafana-"));
    for (const { path, content } of files) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      // Its address in the fleet is none of this machine's.
      const here = content.replace("http://10.0.6.10:9090", server.url);
      await writeFile(join(directory, path), here.replaceAll("/etc/grafana", join(directory, "/etc/grafana")));
    }
    const grafana = createGrafana({
      ...env,
      GF_PATHS_DATA: directory,
      GF_PATHS_PROVISIONING: join(directory, "/etc/grafana/provisioning"),
    });
    onTestFinished(async () => {
      grafana.server.close();
      grafana.close();
      await rm(directory, { recursive: true });
    });
    grafana.server.listen(0, "127.0.0.1");
    await once(grafana.server, "listening");
    const address = z.object({ port: z.number() }).parse(grafana.server.address());
    const password = controller.secrets.reveal("shared-grafana/adminPassword").reveal();
    const headers = { authorization: `Basic ${btoa(`admin:${password}`)}` };
    for (const { name } of dashboards) {
      const open = async () => {
        const url = `http://127.0.0.1:${address.port}/stand-in/panels/${name}?node=user1&tenant=user1`;
        const answers = panelsSchema.parse(await (await fetch(url, { headers })).json());
        return answers.filter(({ series }) => series.length === 0);
      };
      await expect.poll(open, patience).toEqual([]);
    }
  });
});

const panelsSchema = z.array(z.object({ panel: z.string(), expression: z.string(), series: z.array(z.unknown()) }));

/** What a query gives: values alone, or by the label that tells its series apart. */
type Expected = number[] | Record<string, number>;

const expected: Readonly<Record<string, Expected | (() => Expected)>> = {
  "Berth fleet / Now / Nodes A": [1],
  "Berth fleet / Now / Nodes B": [2],
  "Berth fleet / Now / Instances A": [2],
  "Berth fleet / Now / Instances B": [3],
  "Berth fleet / Now / Alerts firing A": [1],
  "Berth fleet / Now / Late backups A": [1],
  "Berth fleet / Now / Oldest backup A": () => [Math.max(backupAge(), controllerBackupAge())],
  "Berth fleet / Now / Next certificate ends in A": [90 * day],
  "Berth fleet / Instances and alerts / Instances by state A": { healthy: 2, unhealthy: 1 },
  "Berth fleet / Instances and alerts / Alerts A": { BerthBackupUnproven: 1 },
  "Berth fleet / Tenants / CPU A": { user1: 0.375, shared: 0.5 },
  "Berth fleet / Tenants / Memory A": { user1: 5e8, shared: 1e8 },
  "Berth fleet / Nodes / CPU of the limit A": { user1: 0.375 },
  "Berth fleet / Nodes / Memory of the limit A": { user1: 0.25 },
  "Berth fleet / Nodes / Disk A": { user1: 0.4 },
  "Berth fleet / Backups / Age of the newest backup A": () => ({
    user1: backupAge(),
    controller: controllerBackupAge(),
  }),
  "Berth fleet / Backups / Age of the last proof by a restore A": { user1: proofAge },
  "Berth node / Now / Connected A": [1],
  "Berth node / Now / Instances healthy A": [2],
  "Berth node / Now / Instances healthy B": [3],
  "Berth node / Now / Containers A": [3],
  "Berth node / Now / Restarts in a day A": [0],
  "Berth node / Now / Memory of the limit A": [0.25],
  "Berth node / Now / Disk A": [0.4],
  "Berth node / Node / CPU A": [0.75],
  "Berth node / Node / CPU B": [2],
  "Berth node / Node / Memory A": [1e9],
  "Berth node / Node / Memory B": [4e9],
  "Berth node / Node / Memory C": [4096],
  "Berth node / Node / Disk space A": [12e9],
  "Berth node / Node / Disk space B": [30e9],
  "Berth node / Node / Disk A": [5600],
  "Berth node / Node / Disk B": [7800],
  "Berth node / Node / Network A": [1200],
  "Berth node / Node / Network B": [3400],
  "Berth node / Node / Pressure A": [0.5],
  "Berth node / Node / Pressure B": [0.25],
  "Berth node / Node / Pressure C": [0.125],
  "Berth node / Node / CPU throttled A": { "user1-n8n": 0.75, "user1-flowise": 0, "shared-redis": 0.25 },
  "Berth node / Containers / CPU A": { "user1-n8n": 0.25, "user1-flowise": 0.125, "shared-redis": 0.5 },
  "Berth node / Containers / Memory A": { "user1-n8n": 3e8, "user1-flowise": 2e8, "shared-redis": 1e8 },
  "Berth node / Containers / Memory of each limit A": { "user1-n8n": 0.3, "user1-flowise": 0.2, "shared-redis": 0.25 },
  "Berth node / Containers / Instances A": { "user1-n8n": 1, "user1-flowise": 1, "shared-redis": 1 },
  "Berth tenant / Now / Instances healthy A": [1],
  "Berth tenant / Now / Instances healthy B": [2],
  "Berth tenant / Now / CPU A": [0.375],
  "Berth tenant / Now / Memory A": [5e8],
  "Berth tenant / Now / Databases A": [8192],
  "Berth tenant / Now / Points A": [7],
  "Berth tenant / Now / Buckets A": [100],
  "Berth tenant / Instances / CPU A": { "user1-n8n": 0.25, "user1-flowise": 0.125 },
  "Berth tenant / Instances / Memory A": { "user1-n8n": 3e8, "user1-flowise": 2e8 },
  "Berth tenant / Instances / Network received A": { "user1-n8n": 11, "user1-flowise": 1 },
  "Berth tenant / Instances / Network sent A": { "user1-n8n": 22, "user1-flowise": 2 },
  "Berth tenant / Instances / States A": { "user1-n8n": 1, "user1-flowise": 1 },
  "Berth tenant / Stores / Databases A": { user1_n8n: 8192 },
  "Berth tenant / Stores / Kept in databases A": { executions: 12, workflows: 3 },
  "Berth tenant / Stores / Connections A": { user1_n8n: 3 },
  "Berth tenant / Stores / Connections B": { user1_n8n: 20 },
  "Berth tenant / Stores / Points A": { user1_flowise_vectors: 7 },
  "Berth tenant / Stores / Buckets A": { "user1-uploads": 100 },
  "Berth tenant / Stores / Buckets B": { "user1-uploads": 1000 },
  "Berth tenant / Stores / Objects A": { "user1-uploads": 2 },
  "Berth tenant / Backups / Age of the newest backup A": () => [backupAge()],
  "Berth tenant / Backups / Its size A": [4096],
  "Berth tenant / Backups / Late A": [0],
  "Berth tenant / Backups / Last proof by a restore A": [proofAge],
};

const queries = dashboards.flatMap(({ title, rows }) =>
  rows.flatMap((row) =>
    row.panels.flatMap((panel) =>
      panel.queries.map(({ expression }, index) => ({
        name: `${title} / ${row.title} / ${panel.title} ${String.fromCodePoint(65 + index)}`,
        expression,
      })),
    ),
  ),
);

/** As Grafana does. */
function chosen(expression: string): string {
  return expression.replaceAll("$node", "user1").replaceAll("$tenant", "user1").replaceAll("$__rate_interval", "5s");
}

/** Labels that tell the series of a panel apart, the most telling first. What has no instance gets the controller's address. */
const telling = [
  "alertname",
  "what",
  "database",
  "collection",
  "bucket",
  "container",
  "instance",
  "state",
  "owner",
  "tenant",
];

function labelOf(metric: Record<string, string>): string {
  const label = [...telling, "node"].find((name) => metric[name] !== undefined && !metric[name].includes(":"));
  return metric[label ?? ""] ?? "";
}

describe("each panel", () => {
  test("is in the table of what is expected, and the other way round", () => {
    expect(queries.map(({ name }) => name).toSorted()).toEqual(Object.keys(expected).toSorted());
  });

  test.each(queries)("$name", async ({ name, expression }) => {
    const wanted = expected[name];
    if (wanted === undefined) throw new Error("Nothing is said of it");
    await expect
      .poll(async () => {
        const numbers = typeof wanted === "function" ? wanted() : wanted;
        return differences(numbers, await server.query(chosen(expression)));
      }, patience)
      .toEqual([]);
  });
});

/** Where the two are not the same, but for the time that has passed. */
function differences(wanted: Expected, found: Awaited<ReturnType<TestPrometheus["query"]>>): string[] {
  const isNear = (one: number, other: number) => Math.abs(one - other) <= Math.abs(one) * 1e-6 + (one > day ? 300 : 0);
  const values = found.map(({ metric, value }): [string, number] => [
    Array.isArray(wanted) ? "" : labelOf(metric),
    value,
  ]);
  const pairs = Array.isArray(wanted) ? wanted.map((value): [string, number] => ["", value]) : Object.entries(wanted);
  const matches = pairs.every(([label, value]) =>
    values.some(([name, other]) => name === label && isNear(value, other)),
  );
  return matches && pairs.length === values.length ? [] : [JSON.stringify({ wanted: pairs, found: values })];
}
