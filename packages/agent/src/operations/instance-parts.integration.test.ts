/** Instances of several containers on a real Docker engine: files, names, volumes, digests. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { healthSchema } from "@berth/shared/catalog/schema";
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DockerodeEngine } from "../docker/dockerode-engine.ts";
import { startDocker, type TestDocker } from "../testing/docker.ts";
import { makeNamespace, type Namespace } from "../testing/namespace.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";
import { ensureInstance } from "./instance-ensure.ts";
import { untold } from "./phases.ts";

let directory: string;
let namespace: Namespace;
let docker: TestDocker;
let engine: DockerodeEngine;

const image = "test/parts:1";
const context = { signal: new AbortController().signal, progress: () => undefined, phase: untold };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-parts-"));
  namespace = await makeNamespace();
  docker = await startDocker(join(directory, "docker"), namespace);
  await docker.importImage(image, ["sleep", "1000000"]);
  engine = new DockerodeEngine(docker.socket);
  engine.presence.onRunning(0);
});
afterAll(async () => {
  await docker.stop();
  await namespace.remove();
  await rm(directory, { recursive: true, force: true });
});

function part(name: string, ready: string, overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  const health = healthSchema.parse({ command: ["sh", "-c", ready], intervalSeconds: 0.1, startPeriodSeconds: 10 });
  return containerSpec({ name: `shared-stack-${name}`, image, ports: [], volumes: [], health, ...overrides });
}

function stack(hash: string, ...containers: ContainerSpec[]): InstanceSpec {
  return instanceSpec({ instance: "shared-stack", service: "stack", hash, containers });
}

async function ensure(spec: InstanceSpec): Promise<string[]> {
  return (await ensureInstance(engine, spec, context, { waitForHealth: true })).containerIds;
}

/** The exit code of a shell's command in the container. */
async function run(name: string, command: string): Promise<number> {
  return engine.execExitCode(name, ["sh", "-c", command], AbortSignal.timeout(10_000));
}

/** A line that its first process keeps, so that it tells what was there as it started. */
const remembering = ["sh", "-c", "cat /etc/app/conf.d/app.yml > /tmp/seen; exec sleep 1000000"];

describe("files", () => {
  const path = "/etc/app/conf.d/app.yml";
  const spec = (content: string) =>
    stack(content, part("app", "test -s /tmp/seen", { entrypoint: remembering, files: [{ path, content }] }));

  it("are there before the container starts: root's, readable, in directories that are made", async () => {
    await ensure(spec("name: ä\nlines: 2\n"));
    const checks = [
      `test "$(busybox stat -c '%a %u %g' ${path})" = '644 0 0'`,
      `test "$(busybox stat -c '%a %u' /etc/app)" = '755 0'`,
      `test "$(cat ${path})" = "$(printf 'name: ä\\nlines: 2')"`,
      `busybox cmp ${path} /tmp/seen`,
    ];
    for (const check of checks) expect([check, await run("shared-stack-app", check)]).toEqual([check, 0]);
  });

  it("make another container when they change", async () => {
    const [before] = await ensure(spec("one"));
    const [after] = await ensure(spec("two"));
    expect(after).not.toBe(before);
    expect(await run("shared-stack-app", 'test "$(cat /tmp/seen)" = two')).toBe(0);
    expect(await ensure(spec("two"))).toEqual([after]);
  });
});

describe("parts", () => {
  const volumes = [{ volume: "files", path: "/data" }];
  const db = part("db", "test -d /data", { volumes });
  const web = part("web", "busybox nslookup shared-stack-db && test -e /data", { volumes });

  it("find each other by name, also after one was replaced, and share a volume", async () => {
    const [firstDb, firstWeb] = await ensure(stack("1", db, web));
    expect(await run("shared-stack-db", "echo shared > /data/note")).toBe(0);
    expect(await run("shared-stack-web", 'test "$(cat /data/note)" = shared')).toBe(0);
    const [secondDb, secondWeb] = await ensure(stack("2", { ...db, env: { A: "1" } }, web));
    expect(secondDb).not.toBe(firstDb);
    expect(secondWeb).toBe(firstWeb);
    expect(await run("shared-stack-web", "busybox nslookup shared-stack-db")).toBe(0);
    expect(await run("shared-stack-db", 'busybox nslookup shared-stack-web && test "$(cat /data/note)" = shared')).toBe(
      0,
    );
    const { Volumes: kept } = await docker.client.listVolumes();
    expect(kept.map(({ Name }) => Name)).toContain("shared-stack-files");
  });

  it("run again as they were when one fails, and what was new is gone", async () => {
    const before = await ensure(stack("2", { ...db, env: { A: "1" } }, web));
    const failing = { ...web, env: { A: "2" }, health: { ...web.health, command: ["false"], startPeriodSeconds: 0.5 } };
    const next = stack("3", { ...db, env: { A: "2" } }, part("cache", "true"), failing);
    await expect(ensure(next)).rejects.toMatchObject({ code: "instance.unhealthy" });
    const containers = await engine.listContainers({ instance: "shared-stack" });
    expect(containers.map(({ id, state }) => [id, state]).toSorted()).toEqual(
      before.map((id) => [id, "running"]).toSorted(),
    );
  });
});

it("refuses an image that no registry vouches for when a digest is pinned", async () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const running = await engine.listContainers({ onlyRunning: true });
  await expect(ensure(stack("4", part("db", "true", { digest })))).rejects.toMatchObject({ code: "image.not-found" });
  expect(await engine.listContainers({ onlyRunning: true })).toEqual(running);
});
