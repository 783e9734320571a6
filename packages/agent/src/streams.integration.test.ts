import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startNode, type TestNode } from "./testing/node.ts";
import { eventually, type Running } from "./testing/processes.ts";
import { containerSpec, instanceSpec } from "./testing/specs.ts";

let node: TestNode;
let agent: Running;

beforeAll(async () => {
  node = await startNode();
  const command = "echo started; echo trouble >&2; exec httpd -f -p 80 -h /www";
  await node.docker.importImage("test/web:1", ["sh", "-c", command]);
  await node.enrol();
  agent = node.startAgent();
  await node.controller.connected();
  const spec = instanceSpec({ containers: [containerSpec()] });
  await node.controller.outcome(node.controller.operation("instance.ensure", spec));
});
afterAll(async () => {
  await node.stop();
});
afterEach(({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(agent.output());
});

function textOf(id: string, channel: "stdout" | "stderr"): string {
  const parts = node.controller.all("stream.data").filter((part) => part.id === id && part.channel === channel);
  return Buffer.concat(parts.map(({ data }) => Buffer.from(data, "base64"))).toString();
}

async function end(id: string) {
  return eventually("the stream to end", () => node.controller.all("stream.end").find((message) => message.id === id));
}

describe("logs", () => {
  it("come apart by channel and end", async () => {
    const id = randomUUID();
    const options = { follow: false, tail: 100, timestamps: false };
    node.controller.send({ type: "logs.open", id, instance: "user1-web", ...options });
    expect(await end(id)).toEqual({ type: "stream.end", id, exitCode: null });
    expect(textOf(id, "stdout")).toBe("started\n");
    expect(textOf(id, "stderr")).toBe("trouble\n");
  });

  it("are followed until somebody closes them", async () => {
    const id = randomUUID();
    const options = { follow: true, tail: 0, timestamps: false };
    node.controller.send({ type: "logs.open", id, instance: "user1-web", ...options });
    const writer = await node.docker.client
      .getContainer("user1-web")
      .exec({ Cmd: ["sh", "-c", "sleep 0.5; echo later > /proc/1/fd/1"] });
    await writer.start({});
    await eventually("the new line", () => textOf(id, "stdout") === "later\n");
    node.controller.send({ type: "stream.close", id });
    expect(await end(id)).toEqual({ type: "stream.end", id, exitCode: null });
  });

  it("say that there is no such instance", async () => {
    const id = randomUUID();
    const options = { follow: false, tail: 100, timestamps: false };
    node.controller.send({ type: "logs.open", id, instance: "user1-none", ...options });
    expect(await end(id)).toMatchObject({ error: { code: "not-found" } });
  });
});

describe("exec", () => {
  it("takes input and gives output, errors and the exit code", async () => {
    const id = randomUUID();
    const command = ["sh", "-c", "cat; echo bad >&2; exit 7"];
    node.controller.send({ type: "exec.open", id, instance: "user1-web", command, tty: null });
    node.controller.send({ type: "stream.input", id, data: Buffer.from("hello\n").toString("base64") });
    node.controller.send({ type: "stream.input", id, data: "" });
    expect(await end(id)).toEqual({ type: "stream.end", id, exitCode: 7 });
    expect(textOf(id, "stdout")).toBe("hello\n");
    expect(textOf(id, "stderr")).toBe("bad\n");
  });

  it("gives a terminal of the wanted size", async () => {
    const id = randomUUID();
    const command = ["sh", "-c", "read x; stty size"];
    const tty = { columns: 80, rows: 24 };
    node.controller.send({ type: "exec.open", id, instance: "user1-web", command, tty });
    node.controller.send({ type: "stream.resize", id, columns: 132, rows: 43 });
    node.controller.send({ type: "stream.input", id, data: Buffer.from("\n").toString("base64") });
    expect((await end(id)).exitCode).toBe(0);
    expect(textOf(id, "stdout")).toContain("43 132");
  });

  it("says that there is no such command", async () => {
    const id = randomUUID();
    node.controller.send({ type: "exec.open", id, instance: "user1-web", command: ["/none"], tty: null });
    const ended = await end(id);
    expect(ended.exitCode === 0).toBe(false);
  });

  const terminal = { columns: 80, rows: 24 };
  const sh = ["sh", "-c", "exec sh"];
  /** Command lines of what runs in the container. */
  const running = async (): Promise<string[]> => {
    const { Processes: processes } = await node.docker.client.getContainer("user1-web").top({ ps_args: "-o pid,args" });
    return processes.map(([, ...command]: string[]) => command.join(" "));
  };

  it.each([
    ["waits for what is in its foreground, and that", "sleep 4321\n", ["sh", "sleep 4321"]],
    ["does not heed that", "trap '' HUP; sleep 4322\n", ["sh"]],
  ])("ends a shell whose terminal is closed: one that %s", async (_, typed, ended) => {
    const id = randomUUID();
    node.controller.send({ type: "exec.open", id, instance: "user1-web", command: sh, tty: terminal });
    node.controller.send({ type: "stream.input", id, data: Buffer.from(typed).toString("base64") });
    await eventually("the command to run", async () => (await running()).some((line) => line.startsWith("sleep 432")));
    node.controller.send({ type: "stream.close", id });
    expect(await end(id)).toEqual({ type: "stream.end", id, exitCode: null });
    await eventually("its end", async () => (await running()).every((line) => !ended.includes(line)));
  });

  it("says before anything else that there is nothing to open a terminal with", async () => {
    const id = randomUUID();
    node.controller.send({ type: "exec.open", id, instance: "user1-web", command: ["/none"], tty: terminal });
    expect(await end(id)).toMatchObject({
      error: { code: "not-found", message: "The container has no command '/none'." },
    });
    expect(textOf(id, "stdout")).toBe("");
  });

  it("gives the output and the exit code of what ends before its terminal has a size", async () => {
    const id = randomUUID();
    node.controller.send({
      type: "exec.open",
      id,
      instance: "user1-web",
      command: ["sh", "-c", "exit 9"],
      tty: terminal,
    });
    expect((await end(id)).exitCode).toBe(9);
  });

  it("runs in the container that is named, and in none of another instance", async () => {
    const id = randomUUID();
    const command = ["echo", "here"];
    const request = { type: "exec.open", instance: "user1-web", command, tty: null } as const;
    node.controller.send({ ...request, id, container: "user1-web" });
    expect((await end(id)).exitCode).toBe(0);
    const other = randomUUID();
    node.controller.send({ ...request, id: other, container: "user1-web-worker" });
    expect(await end(other)).toMatchObject({
      error: { code: "not-found", message: "user1-web has no container user1-web-worker, but user1-web." },
    });
  });

  it("tells of its input what the command has taken, which is little while it does not read", async () => {
    const id = randomUUID();
    const command = ["sh", "-c", "busybox sleep 3; exec busybox wc -c"];
    const windowBytes = 512 * 1024;
    node.controller.send({ type: "exec.open", id, instance: "user1-web", command, tty: null, windowBytes });
    const pieces = 400;
    const data = Buffer.alloc(48 * 1024, "x");
    for (let piece = 0; piece < pieces; piece += 1) {
      node.controller.send({ type: "stream.input", id, data: data.toString("base64") });
    }
    node.controller.send({ type: "stream.input", id, data: "" });
    const taken = (): number =>
      node.controller
        .all("stream.taken")
        .filter((message) => message.id === id)
        .reduce((sum, { bytes }) => sum + bytes, 0);
    // What stands in pipes and sockets counts as taken.
    await node.controller.observe();
    expect(taken()).toBeLessThan((pieces * data.length) / 4);
    expect((await end(id)).exitCode).toBe(0);
    expect(Number(textOf(id, "stdout"))).toBe(pieces * data.length);
    expect(taken()).toBeGreaterThan(pieces * data.length - windowBytes / 4);
  });

  it("sends no more than is read, and ends while it waits", async () => {
    const id = randomUUID();
    const command = ["sh", "-c", "exec busybox yes"];
    const windowBytes = 100_000;
    node.controller.send({ type: "exec.open", id, instance: "user1-web", command, tty: terminal, windowBytes });
    const sent = (): number => textOf(id, "stdout").length;
    await eventually("the window's fill", () => sent() >= windowBytes);
    // What comes within the time of a question and its answer is what was under way.
    await node.controller.observe();
    const before = sent();
    await node.controller.observe();
    expect(sent()).toBe(before);
    node.controller.send({ type: "stream.taken", id, bytes: before });
    await eventually("more", () => sent() >= before + windowBytes);
    node.controller.send({ type: "stream.close", id });
    expect((await end(id)).exitCode).toBeNull();
    await eventually("its end", async () => (await running()).every((line) => !line.includes("yes")));
  });

  it("gives all of what a command has written that ended long before it is read", async () => {
    // More than the buffers on the way hold, and less: wherever the command's end falls into them.
    const sizes = Array.from({ length: 40 }, (_, index) => (900 + 30 * index) * 1024);
    const read = sizes.map(async (size) => {
      const id = randomUUID();
      const command = ["busybox", "head", "-c", String(size), "/dev/zero"];
      const windowBytes = 100_000;
      node.controller.send({ type: "exec.open", id, instance: "user1-web", command, tty: null, windowBytes });
      await eventually("the window's fill", () => textOf(id, "stdout").length >= windowBytes);
      await delay(5000);
      node.controller.send({ type: "stream.taken", id, bytes: size });
      expect((await end(id)).exitCode).toBe(0);
      return textOf(id, "stdout").length;
    });
    expect(await Promise.all(read)).toEqual(sizes);
  });

  it("ends what terminals run when the agent itself ends", async () => {
    const id = randomUUID();
    node.controller.send({ type: "exec.open", id, instance: "user1-web", command: sh, tty: terminal });
    node.controller.send({ type: "stream.input", id, data: Buffer.from("sleep 4323\n").toString("base64") });
    await eventually("the command to run", async () => (await running()).includes("sleep 4323"));
    await agent.kill("SIGTERM");
    expect((await running()).filter((line) => line === "sh" || line === "sleep 4323")).toEqual([]);
    agent = node.startAgent();
    await node.controller.connected();
  });
});
