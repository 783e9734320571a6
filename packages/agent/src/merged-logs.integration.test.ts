/** The logs of an instance of two containers as one, on a real Docker engine. */
import { randomUUID } from "node:crypto";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startNode, type TestNode } from "./testing/node.ts";
import { eventually, type Running } from "./testing/processes.ts";
import { containerSpec, instanceSpec } from "./testing/specs.ts";

const instance = "user1-web";
const side = "user1-web-side";
let node: TestNode;
let agent: Running;

/** Counts on and on; the number is new with each start. */
const counting = "echo begun; i=0; while sleep 0.01; do i=$((i+1)); echo count $i; done";

function spec(hash: string, marker: string): InstanceSpec {
  const rest = { ports: [], volumes: [], health: containerSpec().health };
  const health = { ...rest.health, http: undefined, command: ["echo"] };
  const second = containerSpec({ ...rest, name: side, health, image: "test/side:1", env: { MARKER: marker } });
  return instanceSpec({ hash, containers: [containerSpec(), second] });
}

async function ensure(wanted: InstanceSpec): Promise<void> {
  const outcome = await node.controller.outcome(node.controller.operation("instance.ensure", wanted));
  expect(outcome).toMatchObject({ status: "succeeded" });
}

beforeAll(async () => {
  node = await startNode();
  await node.docker.importImage("test/web:1", ["sh", "-c", "exec httpd -f -p 80 -h /www"]);
  await node.docker.importImage("test/side:1", ["sh", "-c", `echo $MARKER; ${counting}`]);
  await node.enrol();
  agent = node.startAgent();
  await node.controller.connected();
  await ensure(spec("hash-1", "first"));
});
afterAll(async () => {
  await node.stop();
});
afterEach(({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(agent.output());
});

interface Line {
  container: string | undefined;
  text: string;
}

/** In the order they came in. */
function linesOf(id: string): Line[] {
  return node.controller
    .all("stream.data")
    .filter((part) => part.id === id)
    .flatMap(({ container, data }) => {
      const lines = Buffer.from(data, "base64").toString().split("\n");
      return lines.filter((text) => text !== "").map((text) => ({ container, text }));
    });
}

const textsOf = (id: string, container: string): string[] =>
  linesOf(id).flatMap((line) => (line.container === container ? [line.text] : []));

function open(options: { follow: boolean; tail: number; timestamps?: boolean; container?: string }): string {
  const id = randomUUID();
  const whose = options.container === undefined ? { allContainers: true as const } : {};
  node.controller.send({ type: "logs.open", id, instance, timestamps: false, ...whose, ...options });
  return id;
}

async function end(id: string) {
  return eventually("the stream to end", () => node.controller.all("stream.end").find((message) => message.id === id));
}

async function close(id: string): Promise<void> {
  node.controller.send({ type: "stream.close", id });
  expect(await end(id)).toEqual({ type: "stream.end", id, exitCode: null });
}

/** As the container's first process would. */
async function say(container: string, text: string, channel: 1 | 2 = 1): Promise<void> {
  const command = ["sh", "-c", `echo ${text} > /proc/1/fd/${channel}`];
  const exec = await node.docker.client.getContainer(container).exec({ Cmd: command, AttachStdout: true });
  for await (const chunk of await exec.start({})) void chunk;
}

/** What Docker has, without what it says itself of which. */
async function dockerLog(container: string): Promise<string[]> {
  const id = open({ follow: false, tail: 100_000, container });
  await end(id);
  return linesOf(id).map(({ text }) => text);
}

describe("the log of all containers", () => {
  it("has the newest lines of all together, in the order of their times", async () => {
    // Between two lines of the one that counts, so that there is an order to be held.
    for (let turn = 1; turn <= 3; turn += 1) await say(instance, `turn-${turn}`);
    const id = open({ follow: false, tail: 100_000, timestamps: true });
    expect(await end(id)).toEqual({ type: "stream.end", id, exitCode: null });
    const lines = linesOf(id);
    const times = lines.map(({ text }) => text.slice(0, text.indexOf(" ")));
    expect(times.every((time) => /^2\d{3}-.*\.\d{9}Z$/.test(time))).toBe(true);
    expect(times).toEqual(times.toSorted());
    expect(textsOf(id, instance).map((text) => text.split(" ")[1])).toEqual(["turn-1", "turn-2", "turn-3"]);
    const turn = lines.findIndex(({ text }) => text.endsWith("turn-2"));
    expect(lines.slice(0, turn).some(({ container }) => container === side)).toBe(true);
    expect(lines.slice(turn).some(({ container }) => container === side)).toBe(true);

    const few = open({ follow: false, tail: 5 });
    await end(few);
    expect(linesOf(few)).toHaveLength(5);
  });

  it("is followed: each line once, also across the end of the past, and none of before without a tail", async () => {
    const id = open({ follow: true, tail: 40 });
    const none = open({ follow: true, tail: 0 });
    await eventually("lines", () => linesOf(id).length > 40 && linesOf(none).length > 0);
    await say(instance, "later", 2);
    await eventually("the line", () => textsOf(id, instance).includes("later"));
    await eventually("the line", () => linesOf(none).some(({ text }) => text === "later"));
    expect(
      node.controller.all("stream.data").filter((part) => part.id === id && part.channel === "stderr"),
    ).toHaveLength(1);
    await close(id);
    await close(none);
    const whole = await dockerLog(side);
    for (const seen of [textsOf(id, side), textsOf(none, side)]) {
      const from = whole.indexOf(seen[0] ?? "");
      expect(seen).toEqual(whole.slice(from, from + seen.length));
    }
    expect(linesOf(none).some(({ text }) => text.startsWith("turn-"))).toBe(false);
  });

  it("goes on with a container that is started again: no line is lost, none comes twice", async () => {
    const id = open({ follow: true, tail: 0 });
    await eventually("lines", () => textsOf(id, side).length > 0);
    await node.docker.client.getContainer(side).restart({ t: 0 });
    await eventually("what it says then", () => textsOf(id, side).includes("begun"));
    await say(instance, "still-there");
    await eventually("the other one's line", () => textsOf(id, instance).includes("still-there"));
    await eventually("more", () => textsOf(id, side).at(-1)?.startsWith("count"));
    await close(id);
    const whole = await dockerLog(side);
    const seen = textsOf(id, side);
    expect(seen.filter((text) => text === "begun")).toHaveLength(1);
    const from = whole.lastIndexOf(seen[0] ?? "", whole.lastIndexOf("begun") - 1);
    expect(seen).toEqual(whole.slice(from, from + seen.length));
  });

  it("goes on with a container that takes another's place, from its first line", async () => {
    const id = open({ follow: true, tail: 0 });
    await eventually("lines", () => textsOf(id, side).length > 0);
    await ensure(spec("hash-2", "second"));
    await eventually("what the new one says", () => textsOf(id, side).includes("begun"));
    await eventually("more", () => textsOf(id, side).includes("count 20"));
    await close(id);
    const seen = textsOf(id, side);
    const from = seen.indexOf("second");
    expect(seen.slice(from)).toEqual((await dockerLog(side)).slice(0, seen.length - from));
  });
});

describe("the log of one container", () => {
  it("is that of the one that is named, and says whose there are of a name that is none", async () => {
    const id = open({ follow: false, tail: 1, container: side });
    await end(id);
    expect(linesOf(id)).toEqual([{ container: undefined, text: expect.stringMatching(/^count \d+$/) }]);
    expect(await end(open({ follow: false, tail: 1, container: "user1-web-none" }))).toMatchObject({
      error: {
        code: "not-found",
        message: "user1-web has no container user1-web-none, but user1-web, user1-web-side.",
      },
    });
  });
});

describe("the log of an instance that is removed", () => {
  it("ends", async () => {
    const id = open({ follow: true, tail: 1 });
    await eventually("lines", () => textsOf(id, side).length > 1);
    const removal = { node: "user1", instance, volumes: true };
    await node.controller.outcome(node.controller.operation("instance.remove", removal));
    expect(await end(id)).toEqual({ type: "stream.end", id, exitCode: null });
  });
});
