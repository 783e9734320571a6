/** Tools on a real Docker engine: what becomes of one whose agent was killed. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startDocker, type TestDocker } from "../testing/docker.ts";
import { makeNamespace, type Namespace } from "../testing/namespace.ts";
import { eventually } from "../testing/processes.ts";
import { mebibyte } from "../testing/specs.ts";
import { DockerodeTools } from "./dockerode-tools.ts";
import type { ToolSpec } from "./tools.ts";

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

const startTools = () => new DockerodeTools(docker.socket, join(directory, "pipes"));

function toolSpec(overrides: Pick<ToolSpec, "argv"> & Partial<ToolSpec>): ToolSpec {
  const nothing = { env: {}, files: [], mounts: [], graceSeconds: 0 };
  return { name: "tool", image: "test/tool:1", memoryBytes: 32 * mebibyte, ...nothing, ...overrides };
}

/** Takes a lock, as restic does, and gives it back in order only. */
function locking(onInterrupt: string): ToolSpec {
  return toolSpec({
    argv: ["sh", "-c", `trap '${onInterrupt}' INT; echo > /locks/lock; while :; do sleep 0.1; done`],
    mounts: [{ source: { volume: "locks" }, path: "/locks", readOnly: false }],
    graceSeconds: 2,
  });
}

const containers = async () => (await docker.client.listContainers({ all: true })).length;

it.each([
  ["busybox rm /locks/lock; exit 130", []],
  ["echo I stay", ["lock"]],
])("is told to end by the next agent, and is gone whatever it does (%s)", async (onInterrupt, left) => {
  const killed = startTools();
  await killed.createVolume("locks", null);
  await killed.start(locking(onInterrupt));
  const locks = (await killed.volumeDirectory("locks")) ?? "";
  await eventually("the lock", async () => (await readdir(locks)).length === 1);

  await startTools().removeLeftovers();
  expect(await readdir(locks)).toEqual(left);
  expect(await containers()).toBe(0);
  expect(await readdir(join(directory, "pipes"))).toEqual([]);
  await killed.removeVolume("locks");
});

it("stays with the agent that works with it, until that removes it", async () => {
  const tools = startTools();
  const tool = await tools.start(locking("exit 130"));
  await tools.removeLeftovers();
  expect(await containers()).toBe(1);
  await tool.remove();
  expect(await containers()).toBe(0);
  expect(await tool.exitCode()).toBe(130);
});

/** A reader that falls asleep when it has this much; the tool has ended long before it wakes. */
async function readSlowly(stdout: AsyncIterable<Buffer>, asleepAt: number): Promise<number> {
  let bytes = 0;
  let slept = false;
  for await (const chunk of stdout) {
    bytes += chunk.length;
    if (slept || bytes < asleepAt) continue;
    slept = true;
    await delay(4000);
  }
  return bytes;
}

it("gives all that it has written, however slowly it is read, and why it failed", async () => {
  const tools = startTools();
  // Whatever buffers there are on the way, one of these ends in them.
  const sizes = [0, 1, 20, 63, 64, 100, 600, 1250, 1300, 1400, 3000];
  const read = sizes.map(async (kibibytes) => {
    const script = `dd if=/dev/zero bs=1k count=${kibibytes} 2>/dev/null; echo last words >&2; exit 3`;
    const tool = await tools.start(toolSpec({ argv: ["sh", "-c", script] }));
    tool.stdin.end();
    const bytes = await readSlowly(tool.stdout, 1);
    const ended = [bytes / 1024, await tool.exitCode(), tool.stderr];
    await tool.remove();
    return ended;
  });
  expect(await Promise.all(read)).toEqual(sizes.map((kibibytes) => [kibibytes, 3, "last words\n"]));
});

it("gives back what it is given", async () => {
  const tool = await startTools().start(toolSpec({ argv: ["cat"] }));
  const given = Buffer.alloc(5 * mebibyte, "given ");
  tool.stdin.end(given);
  const chunks: Buffer[] = [];
  for await (const chunk of tool.stdout) chunks.push(chunk);
  expect(Buffer.concat(chunks).equals(given)).toBe(true);
  expect(await tool.exitCode()).toBe(0);
  await tool.remove();
});

it("says that it is over when Docker is killed, and when the program is not there", async () => {
  const tools = startTools();
  const missing = await tools.start(toolSpec({ argv: ["no-such-program"] }));
  expect(await readSlowly(missing.stdout, 1)).toBe(0);
  expect([await missing.exitCode(), missing.stderr]).toEqual([127, expect.stringContaining("not found")]);
  await missing.remove();

  const tool = await tools.start(toolSpec({ argv: ["sh", "-c", "echo begun; sleep 1000000"] }));
  const output = tool.stdout[Symbol.asyncIterator]();
  expect(String((await output.next()).value)).toBe("begun\n");
  // So that Docker has begun to answer the question for its end.
  await delay(1000);
  const settled = expect(output.next()).rejects.toMatchObject({ code: expect.any(String) });
  await docker.kill();
  await settled;
  await expect(tool.exitCode()).rejects.toThrow();
  await docker.restart();
  await startTools().removeLeftovers();
  expect(await containers()).toBe(0);
});
