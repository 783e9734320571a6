import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentMessageOf, type ControllerMessage, maxMessageBytes } from "@berth/shared/protocol/messages";
import { protocolVersion } from "@berth/shared/protocol/version";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { silentLog } from "../log.ts";
import { Connection } from "./connection.ts";

const hello: AgentMessageOf<"hello"> = {
  type: "hello",
  protocol: protocolVersion,
  agentVersion: "0.1.0",
  node: "user1",
  bootId: "boot",
  clock: 0,
  facts: {
    hostname: "user1",
    os: "Debian",
    kernel: "6",
    architecture: "x64",
    cores: 2,
    memoryBytes: 1,
    dockerVersion: null,
    cgroupVersion: 2,
  },
  journal: [],
};
const welcome: ControllerMessage = {
  type: "welcome",
  protocol: protocolVersion,
  clock: 0,
  lastEventSequence: 0,
  drift: "mend",
};

let directory: string;
let server: Server;
let sockets: WebSocketServer;
let peers: WebSocket[];
let closed: [number, string][];
let connection: Connection;
const listener = { onOnline: vi.fn(), onMessage: vi.fn(), onOffline: vi.fn() };

beforeEach(async () => {
  vi.clearAllMocks();
  directory = mkdtempSync(join(tmpdir(), "berth-connection-"));
  peers = [];
  // Of this test alone: the connection of the one before may still be closing.
  const ended: [number, string][] = [];
  closed = ended;
  server = createServer();
  sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => {
    peers.push(socket);
    socket.on("close", (code, reason) => ended.push([code, reason.toString()]));
  });
  const path = join(directory, "s");
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const open = (): WebSocket => new WebSocket(`ws+unix://${path}:/`, { maxPayload: maxMessageBytes });
  connection = new Connection({ open, hello: () => hello, listener, log: silentLog });
});
afterEach(() => {
  connection.stop("the test ends");
  sockets.close();
  server.close();
  server.closeAllConnections();
  rmSync(directory, { recursive: true });
});

async function greeted(): Promise<WebSocket> {
  connection.start();
  return vi.waitFor(() => {
    const [peer] = peers;
    if (peer === undefined || connection.state !== "greeting") throw new Error("no greeting yet");
    return peer;
  });
}

async function online(): Promise<WebSocket> {
  const peer = await greeted();
  peer.send(JSON.stringify(welcome));
  await vi.waitFor(() => expect(connection.state).toBe("online"));
  return peer;
}

describe("Connection", () => {
  it("greets, and is online once welcomed", async () => {
    await online();
    expect(listener.onOnline).toHaveBeenCalledExactlyOnceWith(welcome);
  });

  it("hands over messages that fit", async () => {
    const peer = await online();
    peer.send(JSON.stringify({ type: "acknowledge", ids: [] }));
    await vi.waitFor(() => expect(listener.onMessage).toHaveBeenCalledWith({ type: "acknowledge", ids: [] }));
  });

  it.each([
    ["text that is not JSON", "hello", 1007, "the message is not JSON"],
    ["a message of an unknown type", '{"type":"reboot"}', 1007, "the message does not fit at type: invalid_union"],
    [
      "a field too many",
      '{"type":"acknowledge","ids":[],"x":1}',
      1007,
      "the message does not fit at its top: unrecognized_keys",
    ],
    [
      "a value of the wrong kind",
      '{"type":"acknowledge","ids":[1]}',
      1007,
      "the message does not fit at ids.0: invalid_type",
    ],
    ["bytes", Buffer.from("{}"), 1007, "messages must be text"],
    ["a second welcome", JSON.stringify(welcome), 1008, "a second welcome came"],
  ])("closes on %s, and says why", async (_what, data, code, reason) => {
    const peer = await online();
    peer.send(data);
    await vi.waitFor(() => expect(closed).toEqual([[code, reason]]));
    expect(listener.onMessage).not.toHaveBeenCalled();
    expect(listener.onOffline).toHaveBeenCalledTimes(1);
    expect(connection.state).toBe("waiting");
  });

  it("closes on a message beyond the limit", async () => {
    const peer = await online();
    peer.send(" ".repeat(maxMessageBytes + 1));
    await vi.waitFor(() => expect(closed[0]?.[0]).toBe(1009));
  });

  it("takes nothing before welcome", async () => {
    const peer = await greeted();
    peer.send(JSON.stringify({ type: "acknowledge", ids: [] }));
    await vi.waitFor(() => expect(closed).toEqual([[1008, "acknowledge came before welcome"]]));
    expect(listener.onMessage).not.toHaveBeenCalled();
    expect(listener.onOffline).not.toHaveBeenCalled();
  });

  it("refuses a controller that is too far apart", async () => {
    const peer = await greeted();
    peer.send(JSON.stringify({ ...welcome, protocol: { major: 2, minor: 0 } }));
    await vi.waitFor(() => expect(closed).toEqual([[1008, "protocol 2.0 is too far from this agent's"]]));
  });

  it("comes back after a lost connection", async () => {
    (await online()).terminate();
    await vi.waitFor(() => expect(peers).toHaveLength(2), { timeout: 5000 });
  });

  it("knows when what it sent has arrived, and when it cannot know any more", async () => {
    const peer = await online();
    await expect(connection.confirm()).resolves.toBeUndefined();
    peer.pause();
    const confirming = connection.confirm();
    peer.terminate();
    await expect(confirming).rejects.toThrow("the connection is gone");
    expect(connection.send({ type: "events", events: [] })).toBe(false);
  });
});
