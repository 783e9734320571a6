/** A command inside an instance, with its input and output carried over a WebSocket. */
import { on, once } from "node:events";
import {
  type execClientMessageSchema,
  type execRequestSchema,
  execServerMessageSchema,
} from "@berth/shared/api/instances";
import { BerthError } from "@berth/shared/errors";
import { FlowWindow } from "@berth/shared/protocol/flow-window";
import { fromBody } from "./errors.ts";
import type { WebSocket } from "ws";
import type * as z from "zod";
import { type InputStream, type OutputStream, screenSize } from "./terminal.ts";

type ExecRequest = z.output<typeof execRequestSchema>;
type ClientMessage = z.output<typeof execClientMessageSchema>;
export type Channel = "stdout" | "stderr";

/** Output that may wait here for whoever reads it slowly, and input that may be under way to a command that is slow. */
const windowBytes = 1024 * 1024;
const tellBytes = windowBytes / 4;

export interface ExecSession {
  socket: WebSocket;
  request: ExecRequest;
  /** undefined: the command has no input. */
  input: InputStream | undefined;
  /** The terminal whose size the command follows; undefined without one. */
  screen: OutputStream | undefined;
  /** Resolves when more may follow. */
  output: (channel: Channel, data: Buffer) => Promise<void>;
}

/** The command's exit code; null when it was killed. Throws what the controller says went wrong. */
export async function runExecSession({ socket, request, input, screen, output }: ExecSession): Promise<number | null> {
  const send = (message: ExecRequest | ClientMessage): Promise<void> => sendMessage(socket, message);
  const onResize = (): void => {
    if (screen === undefined) return;
    socket.send(JSON.stringify({ type: "resize", ...screenSize(screen) } satisfies ClientMessage));
  };
  let taken = 0;
  const takeOutput = async (channel: Channel, data: Buffer): Promise<void> => {
    await output(channel, data);
    taken += data.length;
    // A command that has ended waits for nobody.
    if (taken < tellBytes || socket.readyState !== socket.OPEN) return;
    socket.send(JSON.stringify({ type: "taken", bytes: taken } satisfies ClientMessage));
    taken = 0;
  };
  const inputWindow = new FlowWindow(windowBytes);
  const stop = new AbortController();
  const messages = on(socket, "message", { signal: stop.signal, close: ["close"] });
  try {
    await send({ ...request, windowBytes, inputWindowBytes: windowBytes });
    screen?.on("resize", onResize);
    // Input that cannot be sent any more is no failure: the command has ended and says how.
    void sendInput(input, inputWindow, send, stop.signal).catch(() => undefined);
    for await (const [frame] of messages) {
      const message = execServerMessageSchema.parse(JSON.parse(String(frame)));
      if (message.type === "exit") return message.code;
      if (message.type === "error") throw fromBody(message.error);
      if (message.type === "pong") continue;
      if (message.type === "taken") {
        inputWindow.give(message.bytes);
        continue;
      }
      await takeOutput(message.channel, Buffer.from(message.data, "base64"));
    }
    const left = request.tty === null ? "The command may still be running." : "What ran in the terminal is ended.";
    throw new BerthError("controller.unreachable", "The connection was lost before the command ended.", {
      hint: `\`berth status\` tells whether the node is online. ${left}`,
    });
  } finally {
    stop.abort();
    screen?.off("resize", onResize);
    input?.pause();
    socket.close();
  }
}

async function sendInput(
  input: InputStream | undefined,
  window: FlowWindow,
  send: (message: ClientMessage) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (input !== undefined) {
    // Not the stream's own iterator: that one cannot be left without closing stdin or keeping the process alive.
    const chunks = on(input, "data", { signal, close: ["end"], highWaterMark: 16, lowWaterMark: 4 });
    input.resume();
    for await (const [chunk] of chunks) {
      const data = Buffer.from(chunk);
      await window.take(data.length, signal);
      await send({ type: "input", data: data.toString("base64") });
    }
  }
  await send({ type: "input", data: "" });
}

function sendMessage(socket: WebSocket, message: ExecRequest | ClientMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(JSON.stringify(message), (error) => (error ? reject(error) : resolve()));
  });
}

/** Writes and waits until the stream takes more. */
export async function writeThrough(stream: OutputStream, data: Buffer): Promise<void> {
  if (!stream.write(data)) await once(stream, "drain");
}
