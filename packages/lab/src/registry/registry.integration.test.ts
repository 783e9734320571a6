import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensurePackages } from "../host/packages.ts";
import { waitFor } from "../host/wait.ts";
import { type LabImage, ensureImages } from "../images/ensure-images.ts";
import { ensureNamespace, removeNamespace, tryInNamespace } from "../network/namespace.ts";
import { type Registry, startRegistry, stopRegistry } from "./registry.ts";
import { Engine } from "./testing/engine.ts";

const namespace = "berth-lab-images";
const healthyDeadlineMs = 500_000;
const password = "a 'quoted' pässword";

interface Measurement {
  image: string;
  pullSeconds: number;
  healthySeconds: number;
  memory: string;
}

let stateDirectory: string;
let images: LabImage[];
let registry: Registry;
let engine: Engine;
const measurements: Measurement[] = [];
const pullSeconds = new Map<string, number>();

const startIt = (): Promise<Registry> => startRegistry({ namespace, address: "10.0.6.1", port: 5000, stateDirectory });

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), "berth-images-"));
  await ensurePackages(["curl", "docker.io", "iproute2"]);
  await ensureNamespace(namespace);
  images = await ensureImages();
  registry = await startIt();
  engine = await Engine.start({ namespace, stateDirectory, caFile: registry.caFile });
});

afterAll(async () => {
  await engine.stop();
  await stopRegistry({ stateDirectory });
  await removeNamespace(namespace);
  await rm(stateDirectory, { recursive: true, force: true });
  for (const { image, ...figures } of measurements) process.stdout.write(`${image} ${JSON.stringify(figures)}\n`);
});

/** Pulls an image that the lab built; returns its reference for `docker run`. */
async function pull(repository: string, tag?: string): Promise<string> {
  const image = images.find(
    (candidate) => candidate.repository === repository && (tag === undefined || candidate.tags.includes(tag)),
  );
  if (image === undefined) throw new Error(`${repository} was not built`);
  const reference = `${registry.address}/${image.reference}`;
  const begin = performance.now();
  await engine.docker("pull", "--quiet", reference);
  pullSeconds.set(reference, seconds(begin));
  return reference;
}

const seconds = (begin: number): number => Math.round((performance.now() - begin) / 100) / 10;

/** Starts a container and waits until it is healthy. */
async function runHealthy(
  name: string,
  reference: string,
  options: readonly string[],
  isHealthy: () => Promise<boolean>,
): Promise<void> {
  const begin = performance.now();
  await engine.docker("run", "--detach", `--name=${name}`, ...options, reference);
  await waitFor({
    what: `${name}'s health`,
    deadlineMs: healthyDeadlineMs,
    intervalMs: 500,
    check: async () => {
      if ((await engine.docker("inspect", "--format={{.State.Running}}", name)) !== "true") {
        throw new Error(`${name} has ended: ${(await engine.try("logs", "--tail=20", name)).stderr}`);
      }
      return (await isHealthy()) ? true : undefined;
    },
  });
  measurements.push({
    image: reference,
    pullSeconds: pullSeconds.get(reference) ?? 0,
    healthySeconds: seconds(begin),
    memory: await engine.docker("stats", "--no-stream", "--format={{.MemUsage}}", name),
  });
}

const answers = async (name: string, port: number, path: string): Promise<boolean> =>
  (await engine.status(`http://${await engine.address(name)}:${port}${path}`)) === 200;

const sql = (user: string, userPassword: string, ...statements: string[]): ReturnType<Engine["try"]> =>
  engine.try(
    "exec",
    `--env=PGPASSWORD=${userPassword}`,
    "postgres",
    ...["psql", "--host=127.0.0.1", `--username=${user}`, "--dbname=first", "--tuples-only", "--no-align"],
    ...statements.map((statement) => `--command=${statement}`),
  );

/** A database and a role of the same name, as Berth gives them to a tenant's instance. */
async function makeDatabase(name: string): Promise<void> {
  const outcome = await sql(
    "berth",
    password,
    `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`,
    `CREATE DATABASE ${name} OWNER ${name}`,
  );
  expect(outcome).toMatchObject({ exitCode: 0 });
}

const isPatient = process.env["BERTH_TEST_PATIENT"] !== undefined;

describe("the registry", () => {
  it("is left as it is by a second start", async () => {
    expect(await startIt()).toEqual(registry);
  });

  it("proves who it is, to whoever trusts the lab's authority only", async () => {
    const url = `https://${registry.address}/v2/`;
    const cannotBeVerified = 60;
    expect(await tryInNamespace(namespace, ["curl", "--silent", url])).toMatchObject({ exitCode: cannotBeVerified });
    expect(await tryInNamespace(namespace, ["curl", "--silent", "--cacert", registry.caFile, url])).toMatchObject({
      exitCode: 0,
      stdout: "{}",
    });
  });

  it("lets nobody change the images that all labs share", async () => {
    const url = `https://${registry.address}/v2/library/postgres/blobs/uploads/`;
    const { stdout } = await tryInNamespace(namespace, [
      "curl",
      ...["--silent", "--cacert", registry.caFile, "--request", "POST"],
      ...["--output", "/dev/null", "--write-out", "%{http_code}", url],
    ]);
    expect(stdout).toBe("405");
  });
});

describe("the images, run by a real Docker engine", () => {
  it("PostgreSQL becomes ready, asks for the password, and keeps its data", async () => {
    const reference = await pull("docker.io/library/postgres");
    const isReady = async (): Promise<boolean> =>
      (await engine.try("exec", "postgres", "pg_isready", "--quiet", "--host=127.0.0.1")).exitCode === 0;
    await runHealthy(
      "postgres",
      reference,
      [
        ...["--env=POSTGRES_USER=berth", `--env=POSTGRES_PASSWORD=${password}`, "--env=POSTGRES_DB=first"],
        "--volume=postgres:/var/lib/postgresql/data",
      ],
      isReady,
    );
    expect(await sql("berth", password, "SHOW server_version_num")).toMatchObject({
      stdout: expect.stringMatching(/^17/),
    });
    expect(await sql("berth", "wrong", "SELECT 1")).toMatchObject({ exitCode: 2 });
    await makeDatabase("n8n");
    await makeDatabase("flowise");
    await engine.docker("restart", "--time=30", "postgres");
    await waitFor({
      what: "PostgreSQL",
      deadlineMs: 60_000,
      check: async () => ((await isReady()) ? true : undefined),
    });
    expect(await sql("berth", password, "SELECT count(*) FROM pg_database WHERE datname = 'n8n'")).toMatchObject({
      stdout: "1",
    });
  });

  it("PostgreSQL refuses to start without a password, and says so", async () => {
    const reference = await pull("docker.io/library/postgres");
    const outcome = await engine.try("run", "--rm", reference);
    expect(outcome).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("POSTGRES_PASSWORD is not set") });
  });

  it("Redis answers", async () => {
    const reference = await pull("docker.io/library/redis");
    await runHealthy(
      "redis",
      reference,
      [],
      async () => (await engine.try("exec", "redis", "redis-cli", "ping")).stdout === "PONG",
    );
  });

  it("the idle container ends when it is asked to", async () => {
    const reference = await pull("docker.io/berth-lab/idle");
    await runHealthy("idle", reference, [], () => Promise.resolve(true));
    await engine.docker("stop", "--time=20", "idle");
    expect(await engine.docker("inspect", "--format={{.State.ExitCode}}", "idle")).toBe("143");
  });

  it("the Open WebUI stand-in becomes healthy, and is marked as one", async () => {
    const reference = await pull("ghcr.io/open-webui/open-webui", "v0.11.2");
    await runHealthy("open-webui", reference, ["--env=WEBUI_SECRET_KEY=key"], () =>
      answers("open-webui", 8080, "/health"),
    );
    const label = '--format={{index .Config.Labels "berth.lab.stand-in"}}';
    expect(await engine.docker("inspect", label, "open-webui")).toBe("true");
  });

  // The fleet's tests start them too, and wait for them as well.
  it.runIf(isPatient)("n8n becomes ready on PostgreSQL, as its own user", async () => {
    const reference = await pull("docker.io/n8nio/n8n");
    await runHealthy(
      "n8n",
      reference,
      [
        ...["--env=DB_TYPE=postgresdb", `--env=DB_POSTGRESDB_HOST=${await engine.address("postgres")}`],
        ...["--env=DB_POSTGRESDB_DATABASE=n8n", "--env=DB_POSTGRESDB_USER=n8n", "--env=DB_POSTGRESDB_PASSWORD=n8n"],
        ...["--env=N8N_ENCRYPTION_KEY=0123456789abcdef", "--env=N8N_DIAGNOSTICS_ENABLED=false"],
        "--volume=n8n:/home/node/.n8n",
      ],
      () => answers("n8n", 5678, "/healthz/readiness"),
    );
    expect(await engine.docker("exec", "n8n", "id", "--user")).toBe("1000");
    expect(await engine.docker("exec", "n8n", "n8n", "--version")).toBe("2.41.1");
  });

  it.runIf(isPatient)("Flowise becomes ready on PostgreSQL, with every one of its parts", async () => {
    const reference = await pull("docker.io/flowiseai/flowise");
    await runHealthy(
      "flowise",
      reference,
      [
        ...["--env=DATABASE_TYPE=postgres", `--env=DATABASE_HOST=${await engine.address("postgres")}`],
        ...["--env=DATABASE_PORT=5432", "--env=DATABASE_NAME=flowise"],
        ...["--env=DATABASE_USER=flowise", "--env=DATABASE_PASSWORD=flowise"],
        ...["--env=DISABLE_FLOWISE_TELEMETRY=true", "--volume=flowise:/root/.flowise"],
      ],
      () => answers("flowise", 3000, "/api/v1/ping"),
    );
    const { stdout, stderr } = await engine.try("logs", "flowise");
    expect(`${stdout}${stderr}`).not.toContain("ERROR");
  });
});
