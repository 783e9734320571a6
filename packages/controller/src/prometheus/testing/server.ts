/** Debian's Prometheus on loopback, in a directory of its own. For tests. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PrometheusSetup } from "@berth/shared/api/prometheus";
import { execa } from "execa";
import pRetry from "p-retry";
import { parse, stringify } from "yaml";
import * as z from "zod";

export const examples = fileURLToPath(new URL("../../../../../examples/prometheus", import.meta.url));

const resultSchema = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});

export interface QueriedSeries {
  metric: Record<string, string>;
  value: number;
}

export interface TestPrometheus extends AsyncDisposable {
  configuration: string;
  url: string;
  query: (expression: string) => Promise<QueriedSeries[]>;
  /** GET of its own API. */
  get: (path: string) => Promise<unknown>;
}

/** Set up as the example is. */
export async function startPrometheus(setup: PrometheusSetup): Promise<TestPrometheus> {
  const directory = await makeDirectory();
  await writeFile(join(directory, "berth.token"), setup.token ?? "", { mode: 0o600 });
  await writeFile(join(directory, "berth-ca.pem"), setup.ca);
  await writeFile(join(directory, "prometheus.yml"), await configurationFor(setup, directory));
  return start(directory, [], {});
}

/** One that scrapes nothing, and takes remote write. */
export async function startReceiver(): Promise<TestPrometheus> {
  const directory = await makeDirectory();
  await writeFile(join(directory, "prometheus.yml"), "{}");
  return start(directory, ["--web.enable-remote-write-receiver"], {});
}

export interface CatalogContainer {
  command: readonly string[];
  /** Below /etc/prometheus, with every placeholder resolved. */
  files: readonly { path: string; content: string }[];
  login: { user: string; password: string };
}

/** Set up as the catalog's container is, with paths of this machine, and without the patience. */
export async function startCatalogPrometheus({ command, files, login }: CatalogContainer): Promise<TestPrometheus> {
  const directory = await makeDirectory();
  const here = (text: string) => text.replaceAll("/etc/prometheus", directory);
  for (const { path, content } of files) {
    const text = here(content);
    const isConfiguration = path.endsWith("/prometheus.yml");
    await writeFile(here(path), isConfiguration ? text.replaceAll(/(_interval): 15s/g, "$1: 1s") : text);
  }
  const own = ["--config.file=", "--storage.tsdb.path="];
  const flags = command.filter((argument) => !own.some((option) => argument.startsWith(option))).map(here);
  const authorization = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
  return start(directory, flags, { authorization });
}

function makeDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), "berth-prometheus-"));
}

async function start(
  directory: string,
  flags: readonly string[],
  headers: Record<string, string>,
): Promise<TestPrometheus> {
  const configuration = join(directory, "prometheus.yml");
  const data = join(directory, "data");
  await mkdir(data);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = execa(
    "prometheus",
    [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...flags,
    ],
    { stdin: "ignore", all: true, reject: false },
  );
  const get = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(`Prometheus answers ${answer.status} to ${path}: ${await answer.text()}`);
    return answer.json();
  };
  const server: TestPrometheus = {
    configuration,
    url,
    get,
    async query(expression) {
      const { data: found } = resultSchema.parse(await get(`/api/v1/query?query=${encodeURIComponent(expression)}`));
      return found.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await child;
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    await pRetry(() => server.query("vector(1)"), { retries: 100, minTimeout: 100, factor: 1, maxRetryTime: 20_000 });
    return server;
  } catch (cause) {
    await server[Symbol.asyncDispose]();
    throw new Error(`Prometheus did not start: ${(await child).all}`, { cause });
  }
}

/** The example's, with this controller, the files of this directory, and no patience. */
async function configurationFor(setup: PrometheusSetup, directory: string): Promise<string> {
  const example = await readFile(join(examples, "prometheus.yml"), "utf8");
  const configuration = z
    .looseObject({
      global: z.record(z.string(), z.string()),
      scrape_configs: z.array(
        z.looseObject({
          http_sd_configs: z.array(z.looseObject({ url: z.string(), refresh_interval: z.string().optional() })),
        }),
      ),
    })
    .parse(parse(example.replaceAll("/etc/prometheus", directory)));
  configuration.global = { scrape_interval: "1s", evaluation_interval: "1s" };
  for (const { http_sd_configs: found } of configuration.scrape_configs) {
    for (const discovery of found) Object.assign(discovery, { url: setup.targets, refresh_interval: "1s" });
  }
  return stringify({ ...configuration, rule_files: [join(examples, "berth-rules.yml")] });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("No port is free");
  return address.port;
}
