import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ExecStream, Hub, LogsRequest, NodePresence } from "../agents/types.ts";
import type { Inventory } from "../inventory/database.ts";
import { listEvents } from "../inventory/events.ts";
import { putDesiredInstance } from "../inventory/instances.ts";
import { putNode } from "../inventory/nodes.ts";
import { openInventory } from "../inventory/open.ts";
import { recordLostEnds } from "./exec-events.ts";
import { createInstancesApi, openExecSession } from "./streams.ts";

const anna = { name: "anna", role: "operator", tenant: null } as const;
const request = { instance: "user1-n8n", command: ["sh", "-c", "echo hunter2"], tty: { columns: 80, rows: 24 } };

let directory: string;
let inventory: Inventory;
let minor: number;
let exit: PromiseWithResolvers<number | null>;
let typed: string[];
const problems: unknown[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "berth-streams-"));
  inventory = await openInventory({ file: join(directory, "inventory.sqlite") });
  await putNode(inventory.database, { name: "user1", address: "10.0.6.11", proxmox: null });
  await putDesiredInstance(inventory.database, {
    ...{ name: "user1-n8n", service: "n8n", version: "1", node: "user1", tenant: "user1", ports: [], hash: "h" },
  });
  minor = 1;
  exit = Promise.withResolvers();
  typed = [];
});
afterEach(async () => {
  await inventory.close();
  await rm(directory, { recursive: true });
  expect(problems).toEqual([]);
});

const stream = (): ExecStream => ({
  write: async (data) => void typed.push(Buffer.from(data).toString()),
  endInput: () => undefined,
  resize: () => undefined,
  close: () => exit.resolve(null),
  exitCode: exit.promise,
  [Symbol.asyncIterator]: () => ({
    next: async () => {
      await exit.promise;
      return { done: true, value: undefined };
    },
  }),
});

function open(changes: { instance?: string; container?: string; tty?: null } = {}) {
  const hub = {
    openExec: stream,
    connection: () => ({ state: "online", protocol: { major: 1, minor }, lastSeen: Date.now() - 5000 }) as NodePresence,
  } as unknown as Hub;
  return openExecSession({ inventory, hub }, (error) => problems.push(error))({ ...request, ...changes }, anna);
}

/** Oldest first. */
async function history() {
  return (await listEvents(inventory.database, { kind: "exec" })).toReversed();
}

test("who ran what where is recorded when it begins and when it ends, without what was said", async () => {
  const session = await open({ container: "user1-n8n-worker" });
  session.write(Buffer.from("secret\n"));
  await expect.poll(() => typed).toEqual(["secret\n"]);
  expect((await history()).map(({ message }) => message)).toEqual([
    "anna asked to run sh in user1-n8n, container user1-n8n-worker, with a terminal",
  ]);
  exit.resolve(7);
  await expect.poll(async () => (await history()).length).toBe(2);
  const [begin, end] = await history();
  expect(end).toMatchObject({
    ...{ node: "user1", instance: "user1-n8n" },
    message: "sh of anna in user1-n8n, container user1-n8n-worker ended with exit code 7 after 0 s",
    data: { account: "anna", container: "user1-n8n-worker", terminal: true, began: begin?.id, exitCode: 7, seconds: 0 },
  });
  expect(JSON.stringify(await history())).not.toMatch(/secret|hunter2/);
});

test("what was cut off is recorded as that", async () => {
  const session = await open();
  expect(session.nodeSilentFor()).toBeCloseTo(5, 0);
  session.close();
  await expect
    .poll(async () => (await history()).at(-1)?.message)
    .toBe("sh of anna in user1-n8n was cut off after 0 s");
});

test("an agent of the protocol before containers could be named is not sent one", async () => {
  minor = 0;
  await expect(open({ container: "user1-n8n-worker" })).rejects.toMatchObject({ code: "protocol.unsupported" });
  // Its own one is what such an agent takes by itself.
  await open();
  await open({ container: "user1-n8n" });
  expect((await history()).length).toBe(2);
});

test("an instance that the fleet does not have is refused, and no event", async () => {
  await expect(open({ instance: "user9-n8n" })).rejects.toMatchObject({ code: "not-found" });
  expect(await history()).toEqual([]);
});

test("what a controller began that was killed is ended by the next one, once", async () => {
  const ended = await open({ container: "user1-n8n-worker" });
  ended.close();
  await expect.poll(async () => (await history()).length).toBe(2);
  exit = Promise.withResolvers();
  await open();
  await open({ tty: null });
  const [, , terminal, command] = await history();
  for (let round = 0; round < 2; round += 1) await recordLostEnds(inventory.database);
  expect((await history()).slice(4)).toMatchObject([
    {
      ...{ node: "user1", instance: "user1-n8n", message: "sh of anna in user1-n8n ended with the controller" },
      data: { account: "anna", terminal: true, began: terminal?.id, exitCode: null, seconds: null },
    },
    {
      message: "sh of anna in user1-n8n may have run on when the controller ended",
      data: { began: command?.id, exitCode: null },
    },
  ]);
});

function logs(container?: string) {
  const asked: LogsRequest[] = [];
  const observed = { instance: "user1-n8n", containers: [{ name: "user1-n8n" }, { name: "user1-n8n-worker" }] };
  const hub = {
    openLogs: (_: string, wish: LogsRequest) => (asked.push(wish), stream()),
    observedInstances: () => [{ node: "user1", instance: observed }],
    connection: () => ({ state: "online", protocol: { major: 1, minor } }) as NodePresence,
  } as unknown as Hub;
  const wanted = { follow: true, tail: 5, timestamps: false, container };
  const opened = createInstancesApi({ inventory, hub }).logs("user1-n8n", wanted, new AbortController().signal);
  return { asked, opened };
}

test("the log of all containers says which they are, that of one names it", async () => {
  minor = 3;
  expect((await logs().opened).containers).toEqual(["user1-n8n", "user1-n8n-worker"]);
  const one = logs("user1-n8n-worker");
  expect((await one.opened).containers).toEqual(["user1-n8n-worker"]);
  expect(one.asked).toMatchObject([{ instance: "user1-n8n", container: "user1-n8n-worker" }]);
});

test("an older agent gives the log of the instance's own container alone", async () => {
  minor = 2;
  expect((await logs().opened).containers).toEqual([]);
  expect((await logs("user1-n8n").opened).containers).toEqual(["user1-n8n"]);
  const other = logs("user1-n8n-worker");
  await expect(other.opened).rejects.toMatchObject({ code: "protocol.unsupported" });
  expect(other.asked).toEqual([]);
});
