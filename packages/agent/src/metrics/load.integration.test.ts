/** What is measured of containers with a known load, on a real Docker engine. */
import { type Row, containerValue, nodeValue } from "@berth/shared/metrics/samples";
import { healthSchema } from "@berth/shared/catalog/schema";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startNode, type TestNode } from "../testing/node.ts";
import { eventually } from "../testing/processes.ts";
import { containerSpec, instanceSpec, mebibyte } from "../testing/specs.ts";

const frames = 5;
const heldBytes = 48 * mebibyte;
const cpus = 0.2;

let node: TestNode;

beforeAll(async () => {
  node = await startNode();
  await node.docker.importImage("test/busy:1", ["sh", "-c", "while :; do :; done"]);
  // dd fills its buffer, and waits for somebody to read it.
  const hold = `dd if=/dev/zero bs=${heldBytes} | sleep 1000000`;
  await node.docker.importImage("test/holding:1", ["sh", "-c", hold]);
  await node.enrol();
  node.startAgent();
  await node.controller.connected();
});
afterAll(async () => {
  await node.stop();
});

async function run(name: string, image: string, limits: { cpus?: number; memoryBytes?: number }): Promise<void> {
  const health = healthSchema.parse({ command: ["sh", "-c", "exit 0"], startPeriodSeconds: 30 });
  const container = containerSpec({ name, image, ports: [], volumes: [], health, ...limits });
  const id = node.controller.operation("instance.ensure", instanceSpec({ instance: name, containers: [container] }));
  expect(await node.controller.outcome(id)).toMatchObject({ status: "succeeded" });
}

/** The container's newest rows, once there are enough. */
async function rowsOf(name: string): Promise<Row[]> {
  return eventually(`${frames} rows of ${name}`, () => {
    const rows = node.controller.all("samples").flatMap(({ batch }) => {
      const index = batch.containers.indexOf(name);
      return batch.frames.map((frame) => frame.containers[index] ?? null).filter((row) => row !== null);
    });
    return rows.length >= frames + 1 ? rows.slice(-frames) : null;
  });
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

it("a loop that its CPU limit holds back uses the limit, and is throttled for the rest of the time", async () => {
  await run("user1-busy", "test/busy:1", { cpus });
  const rows = await rowsOf("user1-busy");
  const used = meanOf(rows.map((row) => containerValue(row, "cpuCores")));
  expect(used).toBeGreaterThan(cpus * 0.5);
  expect(used).toBeLessThan(cpus * 1.3);
  const throttled = meanOf(rows.map((row) => containerValue(row, "cpuThrottled")));
  expect(throttled).toBeGreaterThan(0.2);
  expect(throttled).toBeLessThan(1.2);
});

it("what a process holds is its memory, against its own limit; nothing throttles what has no CPU limit", async () => {
  await run("user1-holding", "test/holding:1", { memoryBytes: 128 * mebibyte });
  const full = await eventually("the memory to be held", async () => {
    const row = (await rowsOf("user1-holding")).at(-1) ?? [];
    return containerValue(row, "memoryBytes") >= heldBytes ? row : null;
  });
  expect(containerValue(full, "memoryBytes")).toBeLessThan(heldBytes * 1.2);
  expect(containerValue(full, "memoryLimitBytes")).toBe(128 * mebibyte);
  expect(containerValue(full, "cpuThrottled")).toBe(0);
});

it("the node's CPU is at least its containers'", () => {
  const last = node.controller.all("samples").at(-1)?.batch.frames.at(-1);
  const containers = (last?.containers ?? []).map((row) => (row === null ? 0 : containerValue(row, "cpuCores")));
  const all = containers.reduce((sum, value) => sum + value, 0);
  expect(nodeValue(last?.node ?? [], "cpuCores")).toBeGreaterThan(all * 0.9);
});
