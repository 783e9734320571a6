/** Many who look at one controller: over real connections, with a real hub and an agent. */
import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import type { LiveSamples } from "@berth/shared/api/live";
import { containerColumns, nodeColumns } from "@berth/shared/metrics/samples";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeAgent } from "../agents/testing/fake-agent.ts";
import { startHarness, type Harness } from "../agents/testing/harness.ts";
import { within } from "../agents/testing/within.ts";
import { buildApp } from "../api/app.ts";
import type { LiveApi } from "../api/live.ts";
import { idleDependencies } from "../api/testing/dependencies.ts";
import type { Runner } from "../runs/runner.ts";
import { createLiveChanges } from "./live-changes.ts";

const mebibyte = 1024 ** 2;
const path = "/api/live?topics=status,samples";
const nodeRow = nodeColumns.map((_, index) => index);
const containerRow = containerColumns.map((_, index) => index + 0.5);

let harness: Harness;
let agent: FakeAgent;
let live: LiveApi;
let app: FastifyInstance;
let port: number;
let authenticating: Promise<void>;

beforeEach(async () => {
  harness = await startHarness();
  authenticating = Promise.resolve();
  live = createLiveChanges({
    ...{ inventory: harness.inventory, hub: harness.hub, fleetName: async () => "valuechain" },
    alerts: { events: new EventEmitter(), count: () => ({ firing: 0, critical: 0 }) },
    runner: { events: new EventEmitter() } as unknown as Runner,
    onFleetChange: () => undefined,
    onFailure: (error) => expect.unreachable(String(error)),
  });
  const authenticate = async () => {
    await authenticating;
    return { name: "vera", role: "viewer", tenant: null } as const;
  };
  const access = { trusted: false, authenticate };
  const options = { access, logger: pino({ level: "silent" }), pageDirectory: null, https: null };
  app = await buildApp({ ...idleDependencies, live }, options);
  port = Number(new URL(await app.listen({ port: 0, host: "127.0.0.1" })).port);
  agent = await FakeAgent.join(harness, await harness.enrol("user1"));
  await agent.next("sampling");
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
  await harness.close();
});

/** What a viewer was told, by name of the event, until its connection ended or it had enough. */
async function* view(signal: AbortSignal): AsyncGenerator<{ event: string; data: unknown }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal, headers: { authorization: "Bearer x" } });
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const messages = (text + piece).split("\n\n");
    text = messages.pop() ?? "";
    for (const message of messages) {
      const [, event, data] = /^event: (.+)\ndata: (.+)$/.exec(message) ?? [];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) };
    }
  }
}

/** Resolves when the viewer is let in, which its first event tells. */
async function openViewers(count: number, signal: AbortSignal) {
  const viewers = Array.from({ length: count }, () => view(signal));
  await Promise.all(viewers.map(async (viewer) => expect((await viewer.next()).value?.event).toBe("status")));
  return viewers;
}

async function nextSamples(viewer: AsyncGenerator<{ event: string; data: unknown }>): Promise<unknown> {
  for await (const { event, data } of { [Symbol.asyncIterator]: () => ({ next: () => viewer.next() }) }) {
    if (event === "samples") return data;
  }
  return undefined;
}

/** Asks for the stream, and reads none of it. */
function openDeaf(): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET ${path} HTTP/1.1\r\nHost: berth\r\nAuthorization: Bearer x\r\n\r\n`);
  socket.pause();
  socket.on("error", () => undefined);
  return socket;
}

function samplesOf(sequence: number, containers: number): LiveSamples {
  const frame = { at: sequence, node: nodeRow, containers: Array.from({ length: containers }, () => containerRow) };
  const names = Array.from({ length: containers }, (_, index) => ({ name: `c${index}`, instance: `c${index}` }));
  return { node: "user1", containers: names, frames: [frame] };
}

it("twenty viewers are one reason to sample, and each is told everything, which is written once for all", async () => {
  const leaving = new AbortController();
  const viewers = await openViewers(20, leaving.signal);
  expect(await agent.next("sampling")).toMatchObject({ intervalSeconds: 1, batchSeconds: 1 });
  const written = vi.spyOn(JSON, "stringify");
  const frame = { at: Date.now(), node: nodeRow, containers: [containerRow] };
  agent.send({ type: "samples", batch: { containers: ["user1-n8n"], frames: [frame] } });
  const told = await within(Promise.all(viewers.map(nextSamples)), "the samples");
  expect(told).toEqual(viewers.map(() => expect.objectContaining({ node: "user1", frames: [frame] })));
  const isTold = (value: unknown) => typeof value === "object" && value !== null && "frames" in value;
  expect(written.mock.calls.filter(([value]) => isTold(value))).toHaveLength(1);
  leaving.abort();
  expect(await agent.next("sampling")).toMatchObject({ intervalSeconds: 1, batchSeconds: 5 });
  await agent.settled();
  // Nothing in between: nineteen more viewers, or less, change nothing.
  expect(agent.pending("sampling")).toBe(0);
});

it("a viewer that reads nothing is cut off before it takes much memory, and the others miss nothing", async () => {
  const leaving = new AbortController();
  const [viewer] = await openViewers(1, leaving.signal);
  const deaf = openDeaf();
  const count = (): Promise<number> =>
    new Promise((resolve, reject) => app.server.getConnections((error, n) => (error ? reject(error) : resolve(n))));
  await vi.waitFor(async () => expect(await count()).toBe(2));
  const bytes = JSON.stringify(samplesOf(0, 500)).length;
  let sent = 0;
  for (; (await count()) === 2 && sent * bytes < 64 * mebibyte; sent += 1) {
    harness.hub.events.emit("samples", samplesOf(sent, 500));
    expect(await nextSamples(viewer!)).toMatchObject({ frames: [{ at: sent }] });
  }
  // The kernel's buffers of both ends, and our few megabytes.
  expect(sent * bytes).toBeLessThan(32 * mebibyte);
  harness.hub.events.emit("samples", samplesOf(sent, 500));
  expect(await nextSamples(viewer!)).toMatchObject({ frames: [{ at: sent }] });
  deaf.destroy();
  leaving.abort();
});

it("a viewer that left before it was let in is not waited for", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  authenticating = promise;
  const connections: Socket[] = [];
  app.server.on("connection", (socket: Socket) => connections.push(socket));
  const viewer = openDeaf();
  await vi.waitFor(() => expect(connections[0]?.bytesRead).toBeGreaterThan(0));
  const left = once(connections[0]!, "close");
  viewer.destroy();
  await left;
  resolve();
  // Whoever comes and goes after it is the last one again.
  const leaving = new AbortController();
  await openViewers(1, leaving.signal);
  leaving.abort();
  await vi.waitFor(async () => {
    await agent.settled();
    const wishes = [];
    while (agent.pending("sampling") > 0) wishes.push(await agent.next("sampling"));
    expect(wishes.at(-1)).toMatchObject({ batchSeconds: 5 });
  });
});

it("a stream whose beginning fails ends, so that its reader tries again", async () => {
  vi.spyOn(live, "status").mockRejectedValueOnce(new Error("the inventory is busy"));
  const first = await within(view(new AbortController().signal).next(), "the end");
  expect(first).toEqual({ done: true, value: undefined });
  await openViewers(1, AbortSignal.timeout(5000));
});
