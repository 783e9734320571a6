/** What an agent tells of its node's disks, with a real Docker engine, against what df and du say. */
import { execFile } from "node:child_process";
import { statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { healthSchema } from "@berth/shared/catalog/schema";
import type { VolumeSize } from "@berth/shared/protocol/disks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startNode, type TestNode } from "../testing/node.ts";
import { eventually } from "../testing/processes.ts";
import { containerSpec, instanceSpec, mebibyte } from "../testing/specs.ts";

const run = promisify(execFile);

let node: TestNode;

beforeAll(async () => {
  node = await startNode();
  await node.docker.importImage("test/sleeping:1", ["sh", "-c", "sleep 1000000"]);
  await volume("foreign", 3, {});
  await volume("user1-db-data", 12, { "berth.instance": "user1-db" });
  // Somebody else's directory: it is not Docker's to measure.
  const elsewhere = { type: "none", o: "bind", device: node.directory };
  await node.docker.client.createVolume({ Name: "elsewhere", DriverOpts: elsewhere });
  await node.enrol();
  node.startAgent();
  await node.controller.connected();
});
afterAll(async () => {
  await node.stop();
});

async function volume(name: string, mebibytes: number, labels: Record<string, string>): Promise<void> {
  await node.docker.client.createVolume({ Name: name, Labels: labels });
  await writeFile(join(await directoryOf(name), "file"), Buffer.alloc(mebibytes * mebibyte, 1));
}

async function directoryOf(name: string): Promise<string> {
  return (await node.docker.client.getVolume(name).inspect()).Mountpoint;
}

async function du(name: string): Promise<number> {
  const { stdout } = await run("du", ["--summarize", "--block-size=1", await directoryOf(name)]);
  return Number.parseInt(stdout, 10);
}

/** The newest word on volumes, once it names these and all of them are measured. */
async function told(names: readonly string[]): Promise<VolumeSize[]> {
  const look = (): VolumeSize[] | null => {
    const volumes = node.controller.all("volumes").at(-1)?.volumes ?? [];
    const isWhole = volumes.every(({ bytes }) => bytes !== null);
    return isWhole && names.every((name) => volumes.some((one) => one.name === name)) ? volumes : null;
  };
  return eventually(`the sizes of ${names.join(", ")}`, look, 60_000);
}

it("its file systems, soon after it connected", async () => {
  const look = () => node.controller.all("filesystems").at(-1)?.fileSystems;
  const fileSystems = await eventually("the file systems", look);
  const root = fileSystems.find(({ mountpoint }) => mountpoint === "/");
  const { blocks, bfree, bavail, frsize } = await statfs("/");
  // Whoever else writes on this machine's disk meanwhile.
  const tolerance = 512 * mebibyte;
  expect(Math.abs((root?.usedBytes ?? NaN) - (blocks - bfree) * frsize)).toBeLessThan(tolerance);
  expect(Math.abs((root?.sizeBytes ?? NaN) - (blocks - bfree + bavail) * frsize)).toBeLessThan(tolerance);
  expect(fileSystems.map(({ type }) => type)).not.toContain("tmpfs");
});

it("its volumes, with whose they are, the largest first", async () => {
  const volumes = await told(["foreign", "user1-db-data"]);
  expect(volumes.map(({ name, instance, bytes }) => ({ name, instance, bytes }))).toEqual([
    { name: "user1-db-data", instance: "user1-db", bytes: await du("user1-db-data") },
    { name: "foreign", instance: null, bytes: await du("foreign") },
  ]);
  for (const { measuredAt } of volumes) expect(Math.abs(Date.now() - (measuredAt ?? 0))).toBeLessThan(120_000);
});

it("a volume that came with an instance, without waiting for the next quarter of an hour", async () => {
  const health = healthSchema.parse({ command: ["sh", "-c", "exit 0"], startPeriodSeconds: 30 });
  const spec = containerSpec({ image: "test/sleeping:1", ports: [], health });
  const input = instanceSpec({ instance: "user1-web", containers: [spec] });
  const id = node.controller.operation("instance.ensure", input);
  expect(await node.controller.outcome(id)).toMatchObject({ status: "succeeded" });
  const found = await told(["user1-web-data"]);
  expect(found.find(({ name }) => name === "user1-web-data")).toMatchObject({
    instance: "user1-web",
    bytes: await du("user1-web-data"),
  });
});
