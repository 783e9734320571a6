/** The catalog's shared services, and Open WebUI connected to them, as containers of the lab's images on one engine. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { catalog } from "@berth/shared/catalog/index";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensurePackages } from "../host/packages.ts";
import { waitFor } from "../host/wait.ts";
import { ensureAddress, ensureNamespace, removeNamespace, runInNamespace } from "../network/namespace.ts";
import { type Registry, startRegistry, stopRegistry } from "../registry/registry.ts";
import { Engine } from "../registry/testing/engine.ts";
import { ensureImages } from "./ensure-images.ts";
import { CatalogStack } from "./testing/catalog-stack.ts";

const namespace = "berth-lab-catalog";
const address = "10.0.6.10";
const deadlineMs = 30_000;
/** Of the password that the stack makes: bcrypt, of cost 4. */
const passwordHash = "$2b$04$nNGBiixj6thXtBifxyzJgOSGXwgvrf2Qf7HAz12ib/Ykgx1rFGfWu";
/** Debian's are older than the catalog's. */
const tags = { "docker.io/edoburu/pgbouncer": "debian", "docker.io/prom/prometheus": "debian" };
const references = [...catalog.values()]
  .filter(({ name }) => !["traefik", "n8n", "flowise"].includes(name))
  .flatMap((service) => [service, ...service.parts])
  .map(({ image, version }) => `${image}:${image in tags ? "debian" : version}`);

let stateDirectory: string;
let registry: Registry;
let engine: Engine;
let stack: CatalogStack;
const seconds: Record<string, number> = {};

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), "berth-catalog-"));
  await ensurePackages(["curl", "docker.io", "iproute2"]);
  await ensureImages({ references });
  await ensureNamespace(namespace);
  await ensureAddress(namespace, { address, prefixLength: 32 });
  registry = await startRegistry({ namespace, address: "10.0.6.1", port: 5000, stateDirectory });
  engine = await Engine.start({ namespace, stateDirectory, caFile: registry.caFile });
  stack = new CatalogStack({ engine, registry: registry.address, address, tags });
  await stack.prepare();
});

afterAll(async () => {
  process.stdout.write(
    `${JSON.stringify(seconds)}\n${await engine.docker("stats", "--no-stream", "--format={{.Name}} {{.MemUsage}}")}\n`,
  );
  await engine.stop();
  await stopRegistry({ stateDirectory });
  await removeNamespace(namespace);
  await rm(stateDirectory, { recursive: true, force: true });
});

async function start(name: string, values: Record<string, string> = {}): Promise<void> {
  Object.assign(seconds, await stack.start(name, values));
}

/** What a URL answers, with `--fail` among the options or its status at the end. */
function curl(...options: string[]): Promise<string> {
  return runInNamespace(namespace, ["curl", "--silent", "--show-error", "--max-time", "10", ...options]);
}

const status = (...options: string[]): Promise<string> =>
  curl("--output", "/dev/null", "--write-out", "%{http_code}", ...options);

/** Runs a program with the stand-ins' libraries; its environment is not shown by lists of processes. */
async function inContainer(name: string, program: string): Promise<string> {
  return engine.docker("exec", "--workdir=/opt/stand-ins", name, "node", "--input-type=module", "--eval", program);
}

describe("the lab's images of the catalog", () => {
  it("start as the catalog says, and are healthy", async () => {
    for (const name of ["postgres", "redis", "clickhouse", "minio", "qdrant", "ollama", "searxng", "neo4j"])
      await start(name);
  });

  it("Ollama pulls a model and answers", async () => {
    const url = `http://${address}:11434`;
    const pulled = await curl(`${url}/api/pull`, "--data", '{"model":"nomic-embed-text"}');
    expect(pulled.trim().split("\n").at(-1)).toBe('{"status":"success"}');
    expect(await curl(`${url}/v1/models`)).toContain("nomic-embed-text:latest");
    expect(await curl(`${url}/api/pull`, "--data", '{"model":"lama"}')).toContain("file does not exist");
    expect(await status(`${url}/api/tags`, "--header", "origin: https://evil.example")).toBe("403");
    expect(await status(`${url}/api/tags`, "--header", "origin: https://ollama.example.org")).toBe("200");
  });

  it("SearXNG gives JSON, since the catalog's settings allow it, and nothing that they do not", async () => {
    const url = `http://${address}:8081/search?q=berth`;
    expect(JSON.parse(await curl(`${url}&format=json`))).toMatchObject({ query: "berth" });
    expect(await status(`${url}&format=csv`)).toBe("403");
  });

  it("Neo4j lets in whoever has its password", async () => {
    const request = [
      `http://${address}:7474/db/neo4j/tx/commit`,
      "--data",
      '{"statements":[{"statement":"RETURN 1"}]}',
    ];
    expect(await status(...request)).toBe("401");
    expect(await curl(...request, "--user", `neo4j:${stack.secret("neo4j", "password")}`)).toContain('"row":[1]');
  });

  it("Langfuse uses its database, buckets, Redis and ClickHouse, and its worker brings traces on", async () => {
    await engine.docker(
      ...[
        "exec",
        "postgres",
        "psql",
        "--username=postgres",
        "--command=CREATE ROLE langfuse LOGIN PASSWORD 'langfuse'",
      ],
      "--command=CREATE DATABASE shared_langfuse OWNER langfuse",
    );
    const [accessKey, secretKey] = [stack.secret("minio", "rootUser"), stack.secret("minio", "rootPassword")];
    const values = {
      "database.url": `postgresql://langfuse:langfuse@${address}:5432/shared_langfuse`,
      "bucket.events": "shared-langfuse-events",
      "bucket.media": "shared-langfuse-media",
      "buckets.accessKey": accessKey,
      "buckets.secretKey": secretKey,
    };
    await makeBuckets(accessKey, secretKey, "shared-langfuse-events", "shared-langfuse-media", "user1-uploads");
    await start("langfuse", values);
    const url = `http://${address}:3002/api/public`;
    const keys = `pk-lf-${stack.secret("langfuse", "projectPublicKey")}:sk-lf-${stack.secret("langfuse", "projectSecretKey")}`;
    expect(await status(`${url}/traces`)).toBe("401");
    await curl(`${url}/ingestion`, "--user", keys, "--data", '{"batch":[{"id":"1","type":"trace-create"}]}');
    await waitFor({
      what: "The trace in ClickHouse",
      deadlineMs,
      check: async () => ((await curl(`${url}/traces`, "--user", keys)).includes("trace-create") ? true : undefined),
    });
  });

  it("PgBouncer lets a role in by PostgreSQL's own verifier, and nobody else", async () => {
    await start("pgbouncer");
    const login = (password: string): ReturnType<Engine["try"]> =>
      engine.try(
        ...["exec", `--env=PGPASSWORD=${password}`, "postgres", "psql", "--host", address, "--port=6432"],
        ...["--username=langfuse", "--dbname=shared_langfuse", "--tuples-only", "--command=SELECT current_user"],
      );
    expect((await login("langfuse")).stdout.trim()).toBe("langfuse");
    expect((await login("another")).exitCode).not.toBe(0);
  });

  it("Prometheus lets in whoever has its password, and Grafana asks it for each panel", async () => {
    const password = "Zz".repeat(16);
    await start("prometheus", {
      // What it scrapes is not there: it is up all the same.
      ...{ "controller.address": address, "controller.port": "8421", "controller.metricsToken": "token" },
      "controller.ca": await readFile(registry.caFile, "utf8"),
      "secret.password.bcrypt": passwordHash,
    });
    const url = `http://${address}:9090/api/v1/rules`;
    expect(await status(url)).toBe("401");
    expect(await curl(url, "--user", `berth:${password}`)).toContain("BerthControllerGone");
    await start("grafana");
    const login = `admin:${stack.secret("grafana", "adminPassword")}`;
    expect(await status(`http://${address}:3003/api/search`)).toBe("401");
    const panels = await curl(`http://${address}:3003/stand-in/panels/berth-fleet`, "--user", login);
    // Nothing is scraped, so this is the one panel that has a number; none is refused.
    expect(JSON.parse(panels)).toContainEqual(
      expect.objectContaining({ panel: "Alerts firing", series: [{ labels: {}, value: 0 }] }),
    );
  });

  it("Supabase's gateway leads to all of its parts, and lets nobody in without a key", async () => {
    await start("supabase");
    const url = `http://${address}:8000`;
    const [anon, service] = ["anonKey", "serviceRoleKey"].map((name) => `apikey: ${stack.secret("supabase", name)}`);
    expect(await status(`${url}/rest/v1/`)).toBe("401");
    expect(await status(`${url}/rest/v1/`, "--header", anon ?? "")).toBe("200");
    const user = '{"email":"a@example.org","password":"password"}';
    expect(await curl(`${url}/auth/v1/signup`, "--header", anon ?? "", "--data", user)).toContain("access_token");
    expect(await status(`${url}/pg/tables`, "--header", anon ?? "")).toBe("403");
    expect(await curl(`${url}/pg/tables`, "--header", service ?? "")).toContain('"users"');
    const bearer = `authorization: Bearer ${stack.secret("supabase", "serviceRoleKey")}`;
    expect(await curl(`${url}/storage/v1/bucket`, "--header", bearer, "--data", '{"name":"b"}')).toContain('"b"');
    expect(await status(`${url}/realtime/v1/api/ping`, "--header", anon ?? "")).toBe("200");
    const login = `supabase:${stack.secret("supabase", "dashboardPassword")}`;
    expect(await status(`${url}/`)).toBe("401");
    expect(await curl(`${url}/`, "--user", login)).toContain("Studio");
  });

  it("Open WebUI uses all that it is given, and says who refuses it", async () => {
    const values = {
      "bucket.uploads": "user1-uploads",
      "buckets.accessKey": stack.secret("minio", "rootUser"),
      "buckets.secretKey": stack.secret("minio", "rootPassword"),
      "collections.prefix": "user1_openwebui",
      "collections.token": stack.secret("qdrant", "apiKey"),
    };
    await makeCollections("user1_openwebui", "memories", "knowledge", "files", "web-search", "hash-based");
    await start("openwebui", values);
    const url = `http://${address}:3000`;
    const connections: unknown = JSON.parse(await curl(`${url}/health/connections`));
    const used = (name: string) => ({ name, failure: null, refused: false });
    expect(connections).toEqual(["ollama", "qdrant", "object store", "searxng"].map(used));

    await curl(
      "--request",
      "DELETE",
      `http://${address}:6333/collections/user1_openwebui_files`,
      "--header",
      `api-key: ${values["collections.token"]}`,
    );
    await curl(`${url}/health/connections`);
    expect(await status(`${url}/health`)).toBe("503");
    expect(await curl(`${url}/health`)).toContain("user1_openwebui_files");
  });
});

async function makeBuckets(accessKey: string, secretKey: string, ...buckets: string[]): Promise<void> {
  const options = { endPoint: address, port: 9000, useSSL: false, accessKey, secretKey };
  await inContainer(
    "searxng",
    `import { Client } from "minio"; const client = new Client(${JSON.stringify(options)});
     for (const bucket of ${JSON.stringify(buckets)}) await client.makeBucket(bucket);`,
  );
}

async function makeCollections(prefix: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    const body = JSON.stringify({ vectors: { size: 384, distance: "Cosine" } });
    const headers = [
      "--header",
      `api-key: ${stack.secret("qdrant", "apiKey")}`,
      "--header",
      "content-type: application/json",
    ];
    await curl(
      "--fail",
      "--request",
      "PUT",
      `http://${address}:6333/collections/${prefix}_${name}`,
      ...headers,
      "--data",
      body,
    );
  }
}
