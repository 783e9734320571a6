import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { startHarness, type Harness } from "../testing/harness.ts";
import { within } from "../testing/within.ts";
import type { StreamChunk } from "../types.ts";

let harness: Harness;
let agent: FakeAgent;

beforeEach(async () => {
  harness = await startHarness();
  agent = await FakeAgent.join(harness, await harness.enrol("user1"));
});
afterEach(() => harness.close());

const logs = { instance: "user1-n8n", follow: true, tail: 100, timestamps: false };
const exec = { instance: "user1-n8n", command: ["sh", "-c", "cat"], tty: null };

function say(id: string, text: string | Buffer, channel: "stdout" | "stderr" = "stdout"): void {
  agent.send({ type: "stream.data", id, channel, data: Buffer.from(text).toString("base64") });
}

async function readAll(stream: AsyncIterable<StreamChunk>): Promise<string> {
  const texts: string[] = [];
  for await (const { channel, data } of stream) texts.push(`${channel}: ${data.toString()}`);
  return texts.join("\n");
}

describe("logs", () => {
  it("come in order, by channel, until the end", async () => {
    const stream = harness.hub.openLogs("user1", logs);
    const { id, ...request } = await agent.next("logs.open");
    expect(request).toEqual({ type: "logs.open", ...logs, allContainers: true });
    say(id, "one");
    say(id, "two", "stderr");
    say(id, Buffer.from([0xf0, 0x9f, 0x98, 0x80]));
    agent.send({ type: "stream.end", id, exitCode: null });
    expect(await within(readAll(stream), "the log")).toBe("stdout: one\nstderr: two\nstdout: 😀");
  });

  it("say of which container each piece is, and are of one alone where it is named", async () => {
    const stream = harness.hub.openLogs("user1", logs);
    const { id } = await agent.next("logs.open");
    const data = Buffer.from("hello").toString("base64");
    agent.send({ type: "stream.data", id, container: "user1-n8n-worker", channel: "stdout", data });
    const { value } = await within(stream[Symbol.asyncIterator]().next(), "the piece");
    expect(value).toMatchObject({ container: "user1-n8n-worker", channel: "stdout" });
    harness.hub.openLogs("user1", { ...logs, container: "user1-n8n-worker" });
    const { id: _, ...request } = await agent.next("logs.open");
    expect(request).toEqual({ type: "logs.open", ...logs, container: "user1-n8n-worker" });
  });

  it("are asked of an older agent in the words that it knows", async () => {
    const older = await FakeAgent.join(harness, await harness.enrol("user2"), {
      hello: { protocol: { major: 1, minor: 2 } },
    });
    for (const container of [undefined, "user1-n8n"]) {
      harness.hub.openLogs("user2", { ...logs, container });
      const { id: _, ...request } = await older.next("logs.open");
      expect(request).toEqual({ type: "logs.open", ...logs });
    }
  });

  it("end with the agent's error, after what came before it", async () => {
    const stream = harness.hub.openLogs("user1", logs);
    const { id } = await agent.next("logs.open");
    say(id, "one");
    agent.send({ type: "stream.end", id, exitCode: null, error: { code: "not-found", message: "No such instance" } });
    const iterator = stream[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ channel: "stdout" });
    await expect(iterator.next()).rejects.toMatchObject({ code: "not-found", message: "No such instance" });
    expect((await iterator.next()).done).toBe(true);
  });

  it("break off when the node goes", async () => {
    const stream = harness.hub.openLogs("user1", logs);
    await agent.next("logs.open");
    agent.cut();
    await expect(within(readAll(stream), "the end")).rejects.toMatchObject({ code: "node.offline" });
    expect(() => harness.hub.openLogs("user1", logs)).toThrow(/not connected/);
  });

  it("are closed at the node when the reader leaves", async () => {
    const stream = harness.hub.openLogs("user1", logs);
    const { id } = await agent.next("logs.open");
    say(id, "one");
    for await (const { data } of stream) {
      expect(data.toString()).toBe("one");
      break;
    }
    expect((await agent.next("stream.close")).id).toBe(id);
    // What is still on its way harms nobody.
    say(id, "two");
    await agent.settled();
    expect(harness.hub.connection("user1")?.state).toBe("online");
  });

  it("of a reader that is too slow end, and only they", async () => {
    const slow = harness.hub.openLogs("user1", logs);
    const { id } = await agent.next("logs.open");
    const other = harness.hub.openLogs("user1", logs);
    const { id: otherId } = await agent.next("logs.open");
    const megabyte = Buffer.alloc(1024 * 1024, "x");
    for (let count = 0; count < 9; count++) say(id, megabyte);
    expect((await agent.next("stream.close")).id).toBe(id);
    say(otherId, "still here");
    agent.send({ type: "stream.end", id: otherId, exitCode: null });
    expect(await within(readAll(other), "the other log")).toBe("stdout: still here");
    await expect(within(readAll(slow), "the end")).rejects.toMatchObject({ code: "cancelled" });
  });

  it("cannot be fed by another node", async () => {
    const other = await FakeAgent.join(harness, await harness.enrol("user2"));
    const stream = harness.hub.openLogs("user1", logs);
    const { id } = await agent.next("logs.open");
    other.send({ type: "stream.data", id, channel: "stdout", data: Buffer.from("forged").toString("base64") });
    other.send({ type: "stream.end", id, exitCode: 0 });
    other.send({ type: "stream.data", id: randomUUID(), channel: "stdout", data: "" });
    await other.settled();
    say(id, "true");
    agent.send({ type: "stream.end", id, exitCode: null });
    expect(await within(readAll(stream), "the log")).toBe("stdout: true");
  });

  it("of one node are limited in number", async () => {
    const streams = Array.from({ length: 64 }, () => harness.hub.openLogs("user1", logs));
    expect(() => harness.hub.openLogs("user1", logs)).toThrow(/64 open streams/);
    streams[0]?.close();
    expect(() => harness.hub.openLogs("user1", logs)).not.toThrow();
  });
});

describe("exec", () => {
  it("carries input, its end, the size, the output and the exit code", async () => {
    const stream = harness.hub.openExec("user1", { ...exec, tty: { columns: 80, rows: 24 } });
    const { id, command, tty } = await agent.next("exec.open");
    expect({ command, tty }).toEqual({ command: exec.command, tty: { columns: 80, rows: 24 } });
    stream.resize(120, 40);
    expect(await agent.next("stream.resize")).toMatchObject({ id, columns: 120, rows: 40 });
    await stream.write(Buffer.from("hello"));
    expect(Buffer.from((await agent.next("stream.input")).data, "base64").toString()).toBe("hello");
    stream.endInput();
    expect((await agent.next("stream.input")).data).toBe("");
    say(id, "hello");
    agent.send({ type: "stream.end", id, exitCode: 3 });
    expect(await within(readAll(stream), "the output")).toBe("stdout: hello");
    expect(await stream.exitCode).toBe(3);
  });

  it("cuts large input into messages that the agent accepts, in order", async () => {
    const stream = harness.hub.openExec("user1", exec);
    await agent.next("exec.open");
    const input = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    await stream.write(input);
    const pieces: Buffer[] = [];
    for (let size = 0; size < input.length; size = Buffer.concat(pieces).length) {
      pieces.push(Buffer.from((await agent.next("stream.input")).data, "base64"));
    }
    expect(pieces.length).toBeGreaterThan(1);
    expect(Buffer.concat(pieces).equals(input)).toBe(true);
  });

  it("has the agent wait for a reader that is slow, and go on with it", async () => {
    const stream = harness.hub.openExec("user1", exec);
    const { id, windowBytes = 0 } = await agent.next("exec.open");
    expect(windowBytes).toBeGreaterThan(0);
    const piece = Buffer.alloc(windowBytes / 2, "x");
    say(id, piece);
    say(id, piece);
    const iterator = stream[Symbol.asyncIterator]();
    await within(iterator.next(), "the first piece");
    await agent.settled();
    expect(agent.pending("stream.taken")).toBe(0);
    await within(iterator.next(), "the second piece");
    expect(await agent.next("stream.taken")).toMatchObject({ id, bytes: piece.length });
  });

  it("waits with input for a command that takes none, and not for one that has ended", async () => {
    const stream = harness.hub.openExec("user1", exec);
    const { id, windowBytes = 0 } = await agent.next("exec.open");
    const writing = stream.write(Buffer.alloc(4 * windowBytes));
    let came = 0;
    const take = async (): Promise<void> => {
      await agent.settled();
      while (agent.pending("stream.input") > 0) came += (await agent.next("stream.input")).data.length * 0.75;
    };
    await expect.poll(async () => (await take(), came)).toBeGreaterThanOrEqual(windowBytes);
    await take();
    expect(came).toBeLessThan(1.5 * windowBytes);
    agent.send({ type: "stream.taken", id, bytes: windowBytes });
    await expect.poll(async () => (await take(), came)).toBeGreaterThanOrEqual(2 * windowBytes);
    agent.send({ type: "stream.end", id, exitCode: 0 });
    await within(writing, "the end of the writing");
    await take();
    expect(came).toBeLessThan(2.5 * windowBytes);
  });

  it("does not wait for word of an agent that gives none of its input", async () => {
    const older = await FakeAgent.join(harness, await harness.enrol("user2"), {
      hello: { protocol: { major: 1, minor: 1 } },
    });
    const stream = harness.hub.openExec("user2", exec);
    const { windowBytes = 0 } = await older.next("exec.open");
    await within(stream.write(Buffer.alloc(4 * windowBytes)), "the end of the writing");
  });

  it("sends an agent of an older protocol nothing that it does not know", async () => {
    const older = await FakeAgent.join(harness, await harness.enrol("user2"), {
      hello: { protocol: { major: 1, minor: 0 } },
    });
    const stream = harness.hub.openExec("user2", exec);
    const { id, ...request } = await older.next("exec.open");
    expect(request).toEqual({ type: "exec.open", ...exec });
    const data = Buffer.alloc(1024 * 1024, "x").toString("base64");
    older.send({ type: "stream.data", id, channel: "stdout", data });
    older.send({ type: "stream.end", id, exitCode: 0 });
    expect((await within(readAll(stream), "the output")).length).toBeGreaterThan(1024 * 1024);
    await older.settled();
    expect(older.pending("stream.taken")).toBe(0);
  });

  it("whose node goes has no exit code, and takes no input", async () => {
    const stream = harness.hub.openExec("user1", exec);
    await agent.next("exec.open");
    agent.cut();
    expect(await within(stream.exitCode, "the exit code")).toBeNull();
    await stream.write(Buffer.from("anybody?"));
    stream.endInput();
  });

  it("whose node reads nothing ends when the node is given up", async () => {
    const stream = harness.hub.openExec("user1", exec);
    await agent.next("exec.open");
    agent.freeze();
    const writing = stream.write(Buffer.alloc(64 * 1024 * 1024));
    expect(await within(stream.exitCode, "the exit code")).toBeNull();
    await within(writing, "the end of the writing");
  });
});
