/** Tools on a real Docker engine: what becomes of one whose agent was killed. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startDocker, type TestDocker } from "../testing/docker.ts";
import { makeNamespace, type Namespace } from "../testing/namespace.ts";
import { eventually } from "../testing/processes.ts";
import { mebibyte } from "../testing/specs.ts";
import { DockerodeTools } from "./dockerode-tools.ts";

let directory: string;
let namespace: Namespace;
let docker: TestDocker;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-tools-"));
  namespace = await makeNamespace();
  docker = await startDocker(join(directory, "docker"), namespace);
  await docker.importImage("test/tool:1", ["sh"]);
});
afterAll(async () => {
  await docker.stop();
  await namespace.remove();
  await rm(directory, { recursive: true, force: true });
});

/** Takes a lock, as restic does, and gives it back in order only. */
function locking(onInterrupt: string) {
  return {
    name: "lock",
    image: "test/tool:1",
    argv: ["sh", "-c", `trap '${onInterrupt}' INT; echo > /locks/lock; while :; do sleep 0.1; done`] as const,
    env: {},
    files: [],
    mounts: [{ source: { volume: "locks" }, path: "/locks", readOnly: false }],
    memoryBytes: 32 * mebibyte,
    graceSeconds: 2,
  };
}

const containers = async () => (await docker.client.listContainers({ all: true })).length;

it.each([
  ["busybox rm /locks/lock; exit 130", []],
  ["echo I stay", ["lock"]],
])("is told to end by the next agent, and is gone whatever it does (%s)", async (onInterrupt, left) => {
  const killed = new DockerodeTools(docker.socket);
  await killed.createVolume("locks", null);
  await killed.start(locking(onInterrupt));
  const locks = (await killed.volumeDirectory("locks")) ?? "";
  await eventually("the lock", async () => (await readdir(locks)).length === 1);

  await new DockerodeTools(docker.socket).removeLeftovers();
  expect(await readdir(locks)).toEqual(left);
  expect(await containers()).toBe(0);
  await killed.removeVolume("locks");
});

it("stays with the agent that works with it, until that removes it", async () => {
  const tools = new DockerodeTools(docker.socket);
  const tool = await tools.start(locking("exit 130"));
  await tools.removeLeftovers();
  expect(await containers()).toBe(1);
  await tool.remove();
  expect(await containers()).toBe(0);
  expect(await tool.exitCode().catch(() => "gone")).toBe("gone");
});
