/** Over a real connection to the endpoint that controllers have, with a command that never tires. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable, Writable } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { createExecUpgrade, type ExecSession } from "../api/exec.ts";
import { type Channel, runExecSession, writeThrough } from "./exec-session.ts";

const mebibyte = 1024 ** 2;
const piece = 64 * 1024;
const pieces = 512;

let server: Server;
let socket: WebSocket;
/** Bytes that the command has said so far. */
let said: number;
let eat: (data: Buffer) => Promise<void>;
let speak: () => ExecSession["output"];

beforeEach(async () => {
  said = 0;
  eat = async () => undefined;
  speak = talk;
  const open = async (): Promise<ExecSession> => ({
    output: speak(),
    write: (data) => eat(data),
    resize: () => undefined,
    close: () => undefined,
    nodeSilentFor: () => 0,
    exitCode: Promise.resolve(0),
  });
  const access = { trusted: true, authenticate: async () => null };
  const upgrade = createExecUpgrade(access, open, { pingMilliseconds: 100 });
  server = createServer();
  server.on("upgrade", upgrade);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/api/instances/web/exec`);
  await once(socket, "open");
});
afterEach(async () => {
  socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

async function* talk(): AsyncGenerator<{ channel: Channel; data: Buffer }> {
  for (let index = 0; index < pieces; index += 1) {
    said += piece;
    yield { channel: "stdout", data: Buffer.alloc(piece, index % 251) };
  }
}

it.each([
  ["a pipe", null],
  ["a terminal that stands still", { columns: 80, rows: 24 }],
])("output waits in the command while %s takes none, and all of it comes", async (_what, tty) => {
  let reads = false;
  let read = (): void => undefined;
  const taken: number[] = [];
  const screen = new Writable({
    highWaterMark: piece,
    write: (data: Buffer, _encoding, done) => {
      taken.push(data[0] ?? -1);
      if (reads) done();
      else read = done;
    },
  });
  const running = runExecSession({
    socket,
    request: { instance: "web", command: ["cat", "bigfile"], tty },
    input: Readable.from([]),
    screen: undefined,
    output: (_channel, data) => writeThrough(screen, data),
  });
  await vi.waitFor(() => expect(said).toBeGreaterThan(mebibyte / 2));
  // Pings that nobody answers would end a terminal in this time.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(said).toBeLessThan(2 * mebibyte);
  reads = true;
  read();
  expect(await running).toBe(0);
  await vi.waitFor(() => expect(taken).toEqual(Array.from({ length: pieces }, (_, index) => index % 251)));
});

it("input waits where it comes from while the command takes none, and all of it goes", async () => {
  let given = 0;
  const eaten: number[] = [];
  const { promise: hungry, resolve: feed } = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  eat = async (data) => {
    await hungry;
    if (data.length === 0) end();
    else eaten.push(data.length);
  };
  speak = async function* () {
    await ended;
    yield { channel: "stdout", data: Buffer.from("eaten") };
  };
  const source = function* (): Generator<Buffer> {
    for (; given < pieces * piece; given += piece) yield Buffer.alloc(piece);
  };
  const running = runExecSession({
    socket,
    request: { instance: "web", command: ["restore"], tty: null },
    input: Readable.from(source()),
    screen: undefined,
    output: async () => undefined,
  });
  await vi.waitFor(() => expect(given).toBeGreaterThan(mebibyte / 2));
  await new Promise((resolve) => setTimeout(resolve, 500));
  // A window, and what streams hold at both ends.
  expect(given).toBeLessThan(4 * mebibyte);
  feed();
  expect(await running).toBe(0);
  expect(eaten.reduce((sum, bytes) => sum + bytes, 0)).toBe(pieces * piece);
});
