import { createServer, type Server } from "node:http";
import { PassThrough } from "node:stream";
import type { Account } from "@berth/shared/api/accounts";
import { execServerMessageSchema } from "@berth/shared/api/instances";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createExecUpgrade, type ExecRequest, type ExecSession } from "./exec.ts";

/** A command that says what the test wants, and ends when it is closed. */
class Command implements ExecSession {
  readonly typed: string[] = [];
  readonly sizes: string[] = [];
  readonly output: ExecSession["output"];
  readonly exitCode: Promise<number | null>;
  readonly closed: Promise<void>;
  readonly close: () => void;
  readonly end: (code: number | null) => void;
  readonly say: (text: string) => void;

  constructor() {
    const end = Promise.withResolvers<number | null>();
    const closed = Promise.withResolvers<void>();
    this.exitCode = end.promise;
    this.closed = closed.promise;
    this.end = end.resolve;
    this.close = () => {
      closed.resolve();
      end.resolve(null);
    };
    const said = new PassThrough();
    this.say = (text) => void said.write(text);
    this.say("ready");
    void end.promise.then(() => said.end());
    this.output = (async function* () {
      for await (const data of said) yield { channel: "stdout" as const, data: Buffer.from(data) };
    })();
  }

  /** While it waits, nothing that is typed is taken. */
  reading = Promise.resolve();
  write = async (data: Buffer): Promise<void> => {
    this.typed.push(data.toString());
    await this.reading;
  };
  resize = (columns: number, rows: number): void => void this.sizes.push(`${columns}x${rows}`);
  nodeSilentFor = (): number => 4.5;
}

const operator: Account = { name: "otto", role: "operator", tenant: null };
const viewer: Account = { name: "vera", role: "viewer", tenant: null };
const tenant: Account = { name: "tina", role: "tenant", tenant: "user1" };

let accounts: Record<string, Account>;
let server: Server;
let port: number;
let command: Command;
let asked: { request: ExecRequest; account: Account }[];
let opening: Promise<void>;

beforeEach(async () => {
  accounts = { operator, viewer, tenant };
  command = new Command();
  asked = [];
  opening = Promise.resolve();
  const handle = createExecUpgrade(
    { trusted: false, authenticate: async (token) => accounts[token] ?? null },
    async (request, account) => {
      asked.push({ request, account });
      await opening;
      return command;
    },
    { pingMilliseconds: 100, accountMilliseconds: 20 },
  );
  server = createServer();
  server.on("upgrade", (request, socket, head) => {
    if (!handle(request, socket, head)) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The test's server has no port");
  port = address.port;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

interface Opened {
  socket: WebSocket;
  /** Of the type, once it came. */
  next: (type: string) => Promise<unknown>;
  ended: Promise<void>;
  count: (type: string) => number;
}

const request = { instance: "user1-n8n", command: ["sh"], tty: { columns: 80, rows: 24 } };

/** Rejects with the HTTP status of a refusal. */
async function open(
  { cookie = "operator", origin = `http://127.0.0.1:${port}` }: { cookie?: string; origin?: string } = {},
  options: { autoPong?: boolean } = {},
): Promise<Opened> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/instances/user1-n8n/exec`, {
    ...options,
    headers: { cookie: `berth_session=${cookie}`, ...(origin === "" ? {} : { origin }) },
  });
  const received: { type: string }[] = [];
  socket.on("message", (data: Buffer) => received.push(execServerMessageSchema.parse(JSON.parse(data.toString()))));
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("unexpected-response", (_, response) => reject(new Error(`${response.statusCode}`)));
    socket.on("error", () => undefined);
  });
  const find = (type: string) => received.find((message) => message.type === type);
  return {
    socket,
    ended,
    count: (type) => received.filter((message) => message.type === type).length,
    next: async (type) => {
      await expect.poll(() => find(type), { message: `waited for ${type}` }).toBeDefined();
      return find(type);
    },
  };
}

async function start(options?: { autoPong?: boolean }): Promise<Opened> {
  const opened = await open({}, options);
  opened.socket.send(JSON.stringify(request));
  await opened.next("output");
  return opened;
}

describe("who may", () => {
  test.each([
    ["a viewer", { cookie: "viewer" }, "403"],
    ["a tenant's account", { cookie: "tenant" }, "403"],
    ["nobody", { cookie: "wrong" }, "401"],
    ["another page, with the visitor's cookie", { origin: "https://evil.example" }, "403"],
    ["a page that does not say which it is", { origin: "" }, "403"],
  ])("%s may not", async (_, asker, status) => {
    await expect(open(asker)).rejects.toThrow(status);
    expect(asked).toEqual([]);
  });

  test("an operator may, until the login ends", async () => {
    const { next, ended } = await start();
    expect(asked).toEqual([{ request, account: operator }]);
    accounts = {};
    expect(await next("error")).toMatchObject({ error: { code: "unauthenticated" } });
    await command.closed;
    await ended;
  });
});

test("carries what is typed and sizes, answers pings, and tells the exit code", async () => {
  const { socket, next, ended } = await start();
  const type = (text: string) => ({ type: "input", data: Buffer.from(text).toString("base64") });
  for (const message of [type("ls\n"), { type: "resize", columns: 120, rows: 40 }, { type: "ping" }]) {
    socket.send(JSON.stringify(message));
  }
  expect(await next("pong")).toEqual({ type: "pong", nodeSilentSeconds: 4.5 });
  expect([command.typed, command.sizes]).toEqual([["ls\n"], ["120x40"]]);
  command.end(3);
  expect(await next("exit")).toEqual({ type: "exit", code: 3 });
  await ended;
});

test("holds output back of which the client has not told that it is taken", async () => {
  const opened = await open();
  opened.socket.send(JSON.stringify({ ...request, windowBytes: 4 }));
  const outputs = () => opened.count("output");
  await opened.next("output");
  command.say("more than there is room for");
  // It is answered meanwhile: only output waits.
  opened.socket.send(JSON.stringify({ type: "ping" }));
  await opened.next("pong");
  expect(outputs()).toBe(1);
  opened.socket.send(JSON.stringify({ type: "taken", bytes: 5 }));
  await expect.poll(outputs).toBe(2);
  opened.socket.terminate();
});

describe("input that the command does not read", () => {
  const mebibyte = 1024 * 1024;
  const half = JSON.stringify({ type: "input", data: Buffer.alloc(mebibyte / 2).toString("base64") });
  const give = (socket: WebSocket, mebibytes: number): void => {
    for (let count = 0; count < 2 * mebibytes; count += 1) socket.send(half);
  };

  test("may wait up to a limit; beyond it the command is ended, also while its output waits for the client", async () => {
    command.reading = new Promise(() => undefined);
    const { socket, next, ended } = await open();
    socket.send(JSON.stringify({ ...request, windowBytes: 4 }));
    await next("output");
    command.say("what nobody takes");
    give(socket, 8);
    socket.send(JSON.stringify({ type: "ping" }));
    await next("pong");
    expect([command.typed.length, socket.readyState]).toEqual([16, WebSocket.OPEN]);
    give(socket, 0.5);
    expect(await next("error")).toMatchObject({ error: { code: "cancelled" } });
    await command.closed;
    await ended;
  });

  test("counts no more once it is read", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    command.reading = promise;
    const { socket, next } = await start();
    give(socket, 7);
    await expect.poll(() => command.typed.length).toBe(14);
    resolve();
    give(socket, 7);
    command.end(0);
    await expect.poll(() => command.typed.length).toBe(28);
    expect(await next("exit")).toEqual({ type: "exit", code: 0 });
  });
});

test("a client without a terminal may stand still: it is not asked whether it lives", async () => {
  const { socket, next } = await open({}, { autoPong: false });
  let pings = 0;
  socket.on("ping", () => (pings += 1));
  socket.send(JSON.stringify({ ...request, tty: null }));
  await next("output");
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect([pings, socket.readyState]).toEqual([0, WebSocket.OPEN]);
  socket.terminate();
});

describe("the command is closed", () => {
  test("when its client goes", async () => {
    const { socket } = await start();
    socket.close();
    await command.closed;
  });

  test("when its client goes before the node has answered", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    opening = promise;
    const { socket, ended } = await open();
    socket.send(JSON.stringify(request));
    await expect.poll(() => asked.length).toBe(1);
    socket.terminate();
    await ended;
    // The server learns of it on its own side.
    await expect.poll(() => new Promise<number>((done) => server.getConnections((_, count) => done(count)))).toBe(0);
    resolve();
    await command.closed;
  });

  test("when its client is cut off without a word", async () => {
    const { ended } = await start({ autoPong: false });
    await command.closed;
    await ended;
  });
});
