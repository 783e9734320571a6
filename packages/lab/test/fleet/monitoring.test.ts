/** Prometheus and Grafana as services of the fleet: it scrapes the controller, shows panels, and tenants do not get at it. */
import { revealSecret } from "@berth/shared/api/secrets";
import { setInFleet } from "@berth/shared/fleet/edit";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ensurePackages } from "../../src/host/packages.ts";
import { waitFor } from "../../src/host/wait.ts";
import { ensureImages } from "../../src/images/ensure-images.ts";
import { runInNamespace } from "../../src/network/namespace.ts";
import { convergedExample, type TestFleet } from "./fixture.ts";
import { containerId } from "./guest.ts";

/** Debian's, which is older than the catalog's. */
const prometheusVersion = "2.53.3";
const prometheus = "http://10.0.6.10:9090";
const grafana = "http://10.0.6.10:3003";
const deadlineMs = 60_000;

const vectorSchema = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});
const panelsSchema = z.array(z.object({ panel: z.string(), expression: z.string(), series: z.array(z.unknown()) }));

let fleet: TestFleet;

beforeAll(async () => {
  await ensurePackages(["curl"]);
  await ensureImages({ references: [`prom/prometheus:${prometheusVersion}`, "grafana/grafana:13.2.3"] });
  fleet = await convergedExample();
  const shared = (name: string) => ["services", "shared", name];
  const placed = { node: "shared", version: prometheusVersion };
  const monitored = setInFleet(setInFleet(fleet.example, shared("prometheus"), placed), shared("grafana"), {
    node: "shared",
  });
  const { exitCode, stderr } = await fleet.apply(monitored);
  expect(exitCode, stderr).toBe(0);
});

async function secret(name: string): Promise<string> {
  return (await fleet.json(revealSecret.response, ["secret", "show", name, "--reveal"])).value;
}

/** As from the controller's machine; the login is in no list of processes. */
function get(url: string, login: string): Promise<string> {
  const argv = ["curl", "--silent", "--show-error", "--fail", "--max-time", "10", "--config", "-", url] as const;
  return runInNamespace(fleet.lab.namespace, argv, { input: `user = "${login}"\n` });
}

async function query(expression: string): Promise<z.output<typeof vectorSchema>["data"]["result"]> {
  const login = `berth:${await secret("shared-prometheus/password")}`;
  const url = `${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`;
  return vectorSchema.parse(JSON.parse(await get(url, login))).data.result;
}

function isScraped(since: number): Promise<true> {
  return waitFor({
    what: "A scrape of the controller",
    deadlineMs,
    intervalMs: 1000,
    check: async () => {
      const [up] = await query('timestamp(up{job="berth"} == 1)');
      return Number(up?.value[1] ?? 0) > since ? true : undefined;
    },
  });
}

describe("Prometheus", () => {
  it("scrapes the controller, and knows every node and the memory of every tenant", async () => {
    await isScraped(0);
    expect(await query("berth_node_up == 1")).toHaveLength(4);
    const memory = await query('sum by (tenant) (berth_container_memory_bytes{tenant!=""}) > 0');
    expect(memory.map(({ metric }) => metric["tenant"]).toSorted()).toEqual(["shared", "user1", "user2", "user3"]);
  });

  it("is reached from no tenant's node, and lets in nobody without the password", async () => {
    const user1 = await fleet.guest("user1");
    const ready = `${prometheus}/-/ready`;
    const fromTenant = await user1.try(["curl", "--silent", "--max-time", "3", ready]);
    expect(fromTenant.exitCode).toBe(28);
    const shared = await fleet.guest("shared");
    const code = ["--output", "/dev/null", "--write-out", "%{http_code}"];
    expect(await shared.run(["curl", "--silent", "--max-time", "3", ...code, ready])).toBe("401");
  });

  it("takes a rotated token in the run that makes it, and goes on to scrape", async () => {
    const shared = await fleet.guest("shared");
    const token = () => shared.run(["docker", "exec", "shared-prometheus", "cat", "/etc/prometheus/berth.token"]);
    const [before, id] = [await token(), await containerId(shared, "shared-prometheus")];
    expect(before).toBe(await secret("berth-prometheus/token"));
    await fleet.succeed(["secret", "rotate", "berth-prometheus/token"]);
    expect(await token()).toBe(await secret("berth-prometheus/token"));
    expect(await token()).not.toBe(before);
    expect(await containerId(shared, "shared-prometheus")).not.toBe(id);
    await isScraped(Date.now() / 1000);
  });
});

describe("Grafana", () => {
  it("lets the administrator in by the secret, and has something in each panel", async () => {
    const login = `admin:${await secret("shared-grafana/adminPassword")}`;
    expect(await get(`${grafana}/api/search`, login)).toContain("Berth tenant");
    // Nothing is amiss; no backup was made by this test, and none was ever proven. The lab's LXCs may have control groups
    // of version 1, which know no pressure, and have no load average of their own.
    const mayBeEmpty = /^(Alerts|Objects|Buckets|Fullest buckets|Its size|Oldest backup|Age of|Last proof|Pressure)/;
    const isOfHosts = (expression: string) => expression.includes("berth_node_load_average");
    const emptyPanels = async (path: string): Promise<string[]> => {
      const panels = panelsSchema.parse(JSON.parse(await get(`${grafana}/stand-in/panels/${path}`, login)));
      const empty = panels.filter(({ series, expression }) => series.length === 0 && !isOfHosts(expression));
      return empty.map(({ panel }) => panel).filter((panel) => !mayBeEmpty.test(panel));
    };
    for (const path of ["berth-fleet", "berth-node?node=user1", "berth-tenant?tenant=user1"]) {
      // An increase needs two scrapes.
      await expect.poll(() => emptyPanels(path), { timeout: deadlineMs, interval: 1000, message: path }).toEqual([]);
    }
  });
});
