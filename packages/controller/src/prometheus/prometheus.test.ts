import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "@berth/shared/api/accounts";
import { getPrometheusSetup, getPrometheusTargets, metricsPath } from "@berth/shared/api/prometheus";
import Fastify, { type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guardRoutes } from "../api/authenticate.ts";
import { handleErrors } from "../api/errors.ts";
import { servePrometheus } from "../api/prometheus.ts";
import { addCertificate, listCertificateEnds, revoke } from "../inventory/certificates.ts";
import type { Inventory } from "../inventory/database.ts";
import { putNode } from "../inventory/nodes.ts";
import { openInventory } from "../inventory/open.ts";
import { insertRun, tallyRuns, updateRun } from "../inventory/runs.ts";
import { openSecrets } from "../secrets/open.ts";
import { createPrometheus, type Prometheus } from "./prometheus.ts";
import { testSnapshot } from "./testing/snapshot.ts";

const accounts: Record<string, Account> = {
  viewer: { name: "vera", role: "viewer", tenant: null },
  admin: { name: "anna", role: "admin", tenant: null },
  tenant: { name: "tina", role: "tenant", tenant: "user1" },
};

let directory: string;
let inventory: Inventory;
let prometheus: Prometheus;
let app: FastifyInstance;
let local: FastifyInstance;
const looked: number[] = [];

async function build(trusted: boolean): Promise<FastifyInstance> {
  const built = Fastify();
  built.setValidatorCompiler(validatorCompiler);
  built.setSerializerCompiler(serializerCompiler);
  handleErrors(built);
  guardRoutes(built, { trusted, authenticate: async (token) => accounts[token] ?? null });
  servePrometheus(built, prometheus);
  await built.ready();
  return built;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-prometheus-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  const snapshot = testSnapshot();
  prometheus = createPrometheus({
    version: snapshot.version,
    status: async () => snapshot.status,
    recentSamples: ({ seconds }) => {
      looked.push(seconds);
      return snapshot.samples;
    },
    disks: () => snapshot.disks,
    runs: () => tallyRuns(inventory.database),
    backups: async () => snapshot.backups,
    certificates: async () => snapshot.certificates,
    usage: () => snapshot.usage,
    place: async () => ({ fleet: "valuechain", host: "10.0.6.1", port: 8421 }),
    secrets: await openSecrets({ inventory, key: Buffer.alloc(32, 1) }),
    caPem: "PEM",
  });
  [app, local] = await Promise.all([build(false), build(true)]);
});
afterAll(async () => {
  await Promise.all([app.close(), local.close()]);
  await inventory.close();
  await rm(directory, { recursive: true });
});

function get(url: string, token?: string) {
  return app.inject({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
}

async function madeToken(): Promise<string> {
  return (await get(`${getPrometheusSetup.path}?token=true`, "admin")).json().token;
}

describe("who may read", () => {
  const paths = [metricsPath, getPrometheusTargets.path];

  test.each(paths)("%s: Prometheus by its token, a viewer, and the Unix socket", async (path) => {
    const answers = [await get(path, await madeToken()), await get(path, "viewer"), await local.inject(path)];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
  });

  test.each(paths)("%s: nobody else, and no tenant: it would see the others", async (path) => {
    const wrong = `${await madeToken()}x`;
    const cookie = await app.inject({ url: path, headers: { cookie: `berth_session=${await madeToken()}` } });
    const refused = [await get(path), await get(path, wrong), cookie, await get(path, "tenant")];
    expect(refused.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 403]);
  });

  test("the token opens nothing else, and admins alone are told it", async () => {
    expect((await get(getPrometheusSetup.path, await madeToken())).statusCode).toBe(401);
    expect((await get(`${getPrometheusSetup.path}?token=true`, "viewer")).statusCode).toBe(403);
    expect((await get(getPrometheusSetup.path, "admin")).json()).toEqual({
      metrics: "https://10.0.6.1:8421/metrics",
      targets: "https://10.0.6.1:8421/api/prometheus/targets",
      ...{ ca: "PEM", token: null },
    });
  });
});

test("what is told is of this moment, and no proxy keeps it", async () => {
  looked.length = 0;
  const { headers, body } = await get(metricsPath, "viewer");
  expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(headers["cache-control"]).toBe("no-store");
  expect(looked).toEqual([15]);
  expect(body).toContain('\nberth_node_up{node="user1"} 1\n');
  expect(body).toMatch(/\nprocess_resident_memory_bytes [1-9]/);
  expect(body.match(/^# HELP /gm)?.length).toBe(new Set(body.match(/^# HELP \S+/gm)).size);
});

test("the controller is what there is to scrape", async () => {
  expect((await get(getPrometheusTargets.path, "viewer")).json()).toEqual([
    { targets: ["10.0.6.1:8421"], labels: { fleet: "valuechain", __scheme__: "https", __metrics_path__: "/metrics" } },
  ]);
});

test("runs are counted by kind and state, with the end of the last", async () => {
  const { database } = inventory;
  const run = { kind: "apply", account: "anna", createdAt: "2026-11-24T10:00:00.000Z", steps: [] };
  for (const endedAt of ["2026-11-24T10:01:00.000Z", "2026-11-24T10:02:00.000Z"]) {
    await updateRun(database, { ...(await insertRun(database, run)), state: "failed", endedAt });
  }
  await insertRun(database, { ...run, kind: "backup" });
  expect(await tallyRuns(database)).toEqual([
    { kind: "apply", state: "failed", count: 2, lastEndedAt: "2026-11-24T10:02:00.000Z" },
    { kind: "backup", state: "running", count: 1, lastEndedAt: null },
  ]);
});

test("of a node's certificates the last counts that was not revoked", async () => {
  const { database } = inventory;
  await putNode(database, { name: "user1", address: "10.0.6.11", proxmox: null });
  const add = (serial: string, enrolment: string, notAfter: number) =>
    addCertificate(database, { serial, node: "user1", enrolment, issuedAt: 1000, notAfter });
  await add("a", "first", 5000);
  await add("b", "second", 9000);
  await add("c", "first", 7000);
  await revoke(database, "user1", { at: 2000, reason: "left" }, ["second"]);
  expect(await listCertificateEnds(database)).toEqual([{ node: "user1", notAfter: 7000 }]);
});
