/** The catalog's Prometheus, by Debian's: it scrapes as the planner sets it up, and Grafana has something for each panel. */
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createGrafana } from "@berth/lab/stand-ins/grafana/server";
import { dashboards } from "@berth/shared/catalog/grafana/dashboards";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { startMonitored, type Monitored } from "./testing/monitored.ts";

let monitored: Monitored;

beforeAll(async () => {
  monitored = await startMonitored();
});
afterAll(async () => {
  await monitored?.[Symbol.asyncDispose]();
});

const patience = { timeout: 20_000, interval: 250 };

describe("Prometheus as the planner sets it up", () => {
  test("has what promtool takes for right: configuration, rules, logins", async () => {
    const { server } = monitored;
    const { stdout } = await execa("promtool", ["check", "config", server.configuration]);
    expect(stdout).toContain("SUCCESS: 13 rules found");
    await execa("promtool", ["check", "web-config", `${dirname(server.configuration)}/web.yml`]);
  });

  test("scrapes the controller over TLS with its token, and has the rules", async () => {
    const { server } = monitored;
    await expect.poll(() => server.query('up{job="berth"}'), patience).toMatchObject([{ value: 1 }]);
    expect(await server.get("/api/v1/rules")).toMatchObject({ data: { groups: [{ name: "berth" }] } });
  });

  test("lets in nobody without the password, at no path", async () => {
    const { server, container } = monitored;
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
    const { controller, server, container, planned } = monitored;
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
    const { controller, server, planned } = monitored;
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
