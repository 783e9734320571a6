import { readFileSync } from "node:fs";
import { getPrometheusSetup } from "@berth/shared/api/prometheus";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { serveEndpoint } from "../../api/endpoint.ts";
import { startTestController } from "../testing/controller.ts";
import { createTestTerminal, runInTest } from "../testing/terminal.ts";

const setup = {
  metrics: "https://10.0.6.1:8421/metrics",
  targets: "https://10.0.6.1:8421/api/prometheus/targets",
  ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
};

async function run(...parameters: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  await using controller = await startTestController((app) => {
    serveEndpoint(app, getPrometheusSetup, async ({ query }) => ({ ...setup, token: query.token ? "t0ken" : null }));
  });
  return await runInTest(
    ["prometheus", ...parameters],
    createTestTerminal({ environment: { BERTH_CONTROLLER: controller.address } }),
  );
}

test("prints a scrape configuration that keeps the series' own labels, and no token", async () => {
  const { stdout } = await run();
  expect(stdout).not.toMatch(/[&*]a1/);
  const access = {
    authorization: { type: "Bearer", credentials_file: "/etc/prometheus/berth.token" },
    tls_config: { ca_file: "/etc/prometheus/berth-ca.pem" },
  };
  expect(parse(stdout)).toEqual({
    scrape_configs: [
      {
        ...{ job_name: "berth", honor_labels: true, metrics_path: "/metrics", scheme: "https", ...access },
        http_sd_configs: [{ url: setup.targets, ...access }],
      },
    ],
  });
});

test("the example is what is printed", async () => {
  const example = parse(
    readFileSync(new URL("../../../../../examples/prometheus/prometheus.yml", import.meta.url), "utf8"),
  );
  expect({ scrape_configs: example.scrape_configs }).toEqual(parse((await run()).stdout));
});

test("prints what the two files hold, one at a time", async () => {
  expect((await run("--token")).stdout).toBe("t0ken\n");
  expect((await run("--ca")).stdout).toBe(setup.ca);
  expect(await run("--token", "--ca")).toMatchObject({ exitCode: 2, stdout: "" });
  expect(JSON.parse((await run("--json")).stdout)).toEqual({ ...setup, token: null });
  expect(JSON.parse((await run("--json", "--token")).stdout)).toEqual({ ...setup, token: "t0ken" });
});
