/** Upgrades of one instance by an agent's process, with a real Docker engine: there, and back with its data. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startNode, type TestNode } from "../testing/node.ts";
import { eventually, type Running } from "../testing/processes.ts";
import { containerSpec, instanceSpec } from "../testing/specs.ts";

const run = promisify(execFile);
const instance = "user1-web";
const volume = "user1-web-data";
const token = "correct-horse-battery-1";

let node: TestNode;
let agent: Running;
let upgrades = 0;

/** Each has its own number in the volume: what one has migrated the one before cannot read. */
const versions: Record<string, string> = {
  "1": "test -f /data/schema || echo 1 > /data/schema; test $(cat /data/schema) = 1 || exit 9; exec httpd -f -p 80 -h /www",
  good: "echo good > /data/schema; exec httpd -f -p 80 -h /www",
  dying: "echo dying > /data/schema; echo token is $APP_TOKEN; httpd -p 80 -h /www; sleep 4; exit 7",
  sick: "echo sick > /data/schema; echo cannot migrate; exec sleep 1000000",
  hungry: "echo hungry > /data/schema; httpd -p 80 -h /www; sleep 3; x=aaaaaaaa; while :; do x=$x$x; done",
  stubborn: "trap '' TERM; echo stubborn > /data/schema; httpd -p 80 -h /www; while :; do sleep 1; done",
};

beforeAll(async () => {
  node = await startNode();
  for (const [version, script] of Object.entries(versions)) {
    await node.docker.importImage(`test/app:${version}`, ["sh", "-c", script]);
  }
  await node.enrol();
  agent = node.startAgent();
  await node.controller.connected();
  await perform("instance.ensure", specOf("1"));
});
afterAll(async () => {
  await node.stop();
});
afterEach(({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(agent.output().slice(-4000));
});

function specOf(version: string): InstanceSpec {
  const container = containerSpec({ image: `test/app:${version}`, env: { APP_TOKEN: token } });
  return instanceSpec({ version, hash: `hash-${version}`, containers: [container] });
}

function checkpoint(upgrade = `u${upgrades}`) {
  return { upgrade, node: "user1", instance, volumes: [volume] };
}

function proof(version: string, minHealthySeconds: number, onFailure: "former" | "stopped" = "stopped") {
  return { node: "user1", spec: specOf(version), minHealthySeconds, onFailure };
}

async function outcome(kind: string, input: unknown) {
  const { controller } = node;
  return controller.outcome(controller.operation(kind, input, { deadlineSeconds: 120 }), 120_000);
}

async function perform(kind: string, input: unknown): Promise<unknown> {
  const ended = await outcome(kind, input);
  if (ended.status !== "succeeded") throw new Error(JSON.stringify(ended));
  return ended.output;
}

async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run("docker", [`--host=unix://${node.docker.socket}`, ...args]);
  return stdout.trim();
}

/** What the volume says about who wrote it last. */
async function schema(of = volume): Promise<string> {
  const directory = await docker("volume", "inspect", "--format={{.Mountpoint}}", of);
  return (await run("cat", [join(directory, "schema")])).stdout.trim();
}

const volumes = async () => (await docker("volume", "ls", "--quiet")).split("\n").toSorted();
const containers = async () => docker("ps", "--all", "--format={{.Names}} {{.Image}} {{.State}}");

async function observed() {
  const { instances } = await node.controller.observe();
  return instances.map(({ version, state, drift }) => [version, state, drift]);
}

async function restartAgent(): Promise<void> {
  await agent.kill("SIGKILL");
  await eventually("the controller to notice", () => !node.controller.isConnected);
  agent = node.startAgent();
  await node.controller.connected();
}

async function begin(): Promise<void> {
  upgrades += 1;
  await perform("checkpoint.create", checkpoint());
}

async function goBack(): Promise<void> {
  const restored = await perform("checkpoint.restore", checkpoint());
  expect(restored).toEqual({ setAside: [`${volume}-set-aside`] });
  await perform("instance.ensure", specOf("1"));
  await perform("checkpoint.remove", checkpoint());
  expect(await schema()).toBe("1");
  expect(await containers()).toBe(`${instance} test/app:1 running`);
}

describe("a version that fails", () => {
  it.each([
    ["dying", 30, "did not stay healthy: its container", `token is [REDACTED]`],
    ["sick", 1, "did not become healthy: GET /health fails", "cannot migrate"],
    ["hungry", 60, "ran out of its memory of 64 MiB", ""],
  ])("(%s) leaves nothing running, and its instance goes back with its data", async (version, seconds, why, log) => {
    await begin();
    expect(await observed()).toEqual([["1", "stopped", []]]);
    const failed = await outcome("instance.prove", proof(version, seconds));
    expect(failed).toMatchObject({ status: "failed", error: { code: "instance.unhealthy" } });
    const text = JSON.stringify(failed);
    for (const part of [why, log]) expect(text).toContain(part);
    expect(text).not.toContain(token);
    expect(await containers()).toBe(`${instance} test/app:1 exited`);
    expect(await observed()).toEqual([["1", "stopped", []]]);
    expect(await schema()).toBe(version);
    await goBack();
    expect(await schema(`${volume}-set-aside`)).toBe(version);
  });

  it("is told as an event when it ran out of memory", () => {
    const bodies = node.controller.all("events").flatMap(({ events }) => events.map(({ body }) => body));
    expect(bodies.filter(({ kind }) => kind === "outOfMemory")).toContainEqual({
      ...{ kind: "outOfMemory", instance, container: instance },
    });
  });

  it("gives way to the former one where that can read what it wrote", async () => {
    const failed = await outcome("instance.prove", { ...proof("sick", 1, "former"), spec: withoutData("sick") });
    expect(failed).toMatchObject({ status: "failed", error: { code: "instance.unhealthy" } });
    expect(await containers()).toBe(`${instance} test/app:1 running`);
  });

  it("does not end when it is told to: it is killed after its time, and its instance goes back", async () => {
    await begin();
    await perform("instance.prove", proof("stubborn", 0));
    const startedAt = performance.now();
    await goBack();
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });
});

/** Of which nothing in the volume tells. */
function withoutData(version: string): InstanceSpec {
  const spec = specOf(version);
  return { ...spec, containers: spec.containers.map((one) => ({ ...one, command: ["sleep", "1000000"] })) };
}

describe("an instance that is held", () => {
  it("stays stopped over the end of the agent and of Docker, whoever starts its containers", async () => {
    await begin();
    await agent.kill("SIGKILL");
    await eventually("the controller to notice", () => !node.controller.isConnected);
    // As an engine does that was killed before it wrote down that the container is to stay stopped.
    await docker("start", instance);
    agent = node.startAgent();
    await node.controller.connected();
    await eventually("it to be stopped again", async () => (await containers()).endsWith("exited"));
    await node.docker.kill();
    await node.docker.restart();
    await eventually("Docker to be seen", async () => (await node.controller.observe()).docker === "running");
    expect(await observed()).toEqual([["1", "stopped", []]]);
    expect(await containers()).toBe(`${instance} test/app:1 exited`);
    const told = node.controller.all("events").flatMap(({ events }) => events.map(({ body }) => body));
    expect(told.filter(({ kind }) => kind === "drift")).toEqual([]);
    await goBack();
  });
});

describe("an agent that is killed", () => {
  it("while it copies, copies anew and leaves the instance held", async () => {
    await docker("exec", instance, "dd", "if=/dev/zero", "of=/data/large", "bs=1M", "count=1500");
    upgrades += 1;
    const id = node.controller.operation("checkpoint.create", checkpoint(), { deadlineSeconds: 120 });
    await eventually("the copying", () =>
      node.controller.all("progress").some((message) => message.id === id && message.line.startsWith("copying")),
    );
    await restartAgent();
    expect(await node.controller.outcome(id, 120_000)).toMatchObject({ status: "succeeded" });
    expect(await containers()).toBe(`${instance} test/app:1 exited`);
    await perform("instance.ensure", specOf("1"));
    await docker("exec", instance, "busybox", "rm", "/data/large");
    await perform("checkpoint.remove", checkpoint());
  });

  it.each(["good", "dying"])("while it watches the version %s, comes to the same end", async (version) => {
    await begin();
    const id = node.controller.operation("instance.prove", proof(version, 8), { deadlineSeconds: 120 });
    await eventually("the watching", () =>
      node.controller.all("progress").some((message) => message.id === id && message.line.includes("watching")),
    );
    await restartAgent();
    const ended = await node.controller.outcome(id, 120_000);
    expect(ended.status).toBe(version === "good" ? "succeeded" : "failed");
    expect(await schema()).toBe(version);
    await goBack();
  });
});

it("each operation of an upgrade tells what its time went into", async () => {
  upgrades += 1;
  const phasesOf = async (kind: string, input: unknown): Promise<[string, number][]> => {
    const { phases = [] } = await node.controller.result(node.controller.operation(kind, input), 120_000);
    return phases.map(({ name, milliseconds }) => [name, milliseconds]);
  };
  await docker("exec", instance, "dd", "if=/dev/zero", "of=/data/large", "bs=1M", "count=100");
  // Where the machine is fast, others are too short to be told.
  const copied = Object.fromEntries(await phasesOf("checkpoint.create", checkpoint()));
  expect(copied).toMatchObject({ stop: expect.any(Number) });
  const tried = await phasesOf("instance.prove", proof("dying", 30));
  // It ends four seconds after its start, however many of them went by until it was healthy.
  const { start = 0, "wait until healthy": waited = 0, probation = 0 } = Object.fromEntries(tried);
  expect(start + waited + probation).toBeGreaterThan(3500);
  await perform("checkpoint.restore", checkpoint());
  const back = await phasesOf("instance.ensure", specOf("1"));
  expect(back).not.toEqual([]);
  await docker("exec", instance, "busybox", "rm", "/data/large");
});

it("a version that stays healthy is kept, and nothing of the checkpoint is left when the instance is removed", async () => {
  await begin();
  const before = Date.now();
  const proven = await perform("instance.prove", proof("good", 3));
  expect(proven).toMatchObject({ healthyAt: expect.any(String) });
  expect(Date.now() - before).toBeGreaterThanOrEqual(3000);
  expect(await containers()).toBe(`${instance} test/app:good running`);
  expect(await volumes()).toEqual([volume, `${volume}-checkpoint`]);
  expect(await schema(`${volume}-checkpoint`)).toBe("1");
  // What was seen through the route may still speak against it.
  await perform("checkpoint.restore", checkpoint());
  expect(await volumes()).toEqual([volume, `${volume}-checkpoint`, `${volume}-set-aside`]);
  await perform("instance.remove", { node: "user1", instance, volumes: true });
  expect(await volumes()).toEqual([""]);
});
