/** A command in an instance's container, over a WebSocket: its first message says what, then bytes flow both ways. */
import { on } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { execClientMessageSchema, execRequestSchema, execServerMessageSchema } from "@berth/shared/api/instances";
import type { Account } from "@berth/shared/api/accounts";
import { BerthError, errorCatalogue, toBerthError } from "@berth/shared/errors";
import { FlowWindow } from "@berth/shared/protocol/flow-window";
import pTimeout from "p-timeout";
import { WebSocketServer, type WebSocket } from "ws";
import type * as z from "zod";
import { requireAccount, watchAccount, type AccessOptions } from "./authenticate.ts";

export type ExecRequest = z.output<typeof execRequestSchema>;
type ServerMessage = z.input<typeof execServerMessageSchema>;

/** A command that runs on a node. */
export interface ExecSession {
  output: AsyncIterable<{ channel: "stdout" | "stderr"; data: Buffer }>;
  /** Empty data: the input has ended. Resolves when the node has room for more. */
  write: (data: Buffer) => Promise<void>;
  resize: (columns: number, rows: number) => void;
  close: () => void;
  /** Seconds since anything was heard of its node. */
  nodeSilentFor: () => number;
  /** After the output has ended; null: the command was cut off. */
  exitCode: Promise<number | null>;
}

/** `account`: who asks. */
export type OpenExec = (request: ExecRequest, account: Account) => Promise<ExecSession>;

const execUrl = /^\/api\/instances\/([a-z0-9-]+)\/exec$/;
const maxMessageBytes = 1024 * 1024;
/**
 * Input that may wait for a command that does not read it. A client that gives more is not made to wait by not being
 * read: its pings, its pongs and its word of what output it has taken come the same way.
 */
const mostInputBytes = 8 * 1024 * 1024;
const firstMessageMilliseconds = 10_000;
const pingMilliseconds = 15_000;
/** A client that answers none of so many pings is gone, and so is what its terminal ran. */
const mostUnanswered = 3;

/** true when the upgrade was for exec and is taken care of. */
export type HandleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

export interface ExecTiming {
  pingMilliseconds?: number;
  /** Between two looks at whether the account may still. */
  accountMilliseconds?: number;
}

export function createExecUpgrade(access: AccessOptions, open: OpenExec, timing: ExecTiming = {}): HandleUpgrade {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
  return (request, socket, head) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const instance = execUrl.exec(path)?.[1];
    if (instance === undefined) return false;
    requireAccount(request, "operator", access).then(
      (account) =>
        server.handleUpgrade(request, socket, head, (peer) => {
          const gone = new AbortController();
          peer.once("close", () => gone.abort());
          const { accountMilliseconds } = timing;
          const watchEnd = (onChange: () => void): void =>
            watchAccount(request, account, access, {
              signal: gone.signal,
              onChange,
              ...(accountMilliseconds === undefined ? {} : { everyMilliseconds: accountMilliseconds }),
            });
          const every = timing.pingMilliseconds ?? pingMilliseconds;
          const served = { peer, instance, gone: gone.signal, pingMilliseconds: every, watchEnd };
          void serveSession({ ...served, open: (asked) => open(asked, account) });
        }),
      (error: unknown) => refuseUpgrade(socket, toBerthError(error)),
    );
    return true;
  };
}

/** Answers an upgrade with an HTTP error and closes the connection. */
export function refuseUpgrade(socket: Duplex, error: BerthError): void {
  const body = JSON.stringify({ error: error.toBody() });
  const { httpStatus } = errorCatalogue[error.code];
  socket.end(
    `HTTP/1.1 ${httpStatus} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

interface Served {
  peer: WebSocket;
  instance: string;
  open: (request: ExecRequest) => Promise<ExecSession>;
  /** Calls back once the account may no longer do this. */
  watchEnd: (onEnd: () => void) => void;
  /** Aborted when the client has left. */
  gone: AbortSignal;
  pingMilliseconds: number;
}

async function serveSession({ peer, instance, open, watchEnd, gone, pingMilliseconds: every }: Served): Promise<void> {
  // Resolves when the socket has taken it, so that a slow reader slows the command and does not fill our memory.
  const send = (message: ServerMessage) =>
    new Promise<void>((resolve) => peer.send(JSON.stringify(message), () => resolve()));
  // Listened to from the first moment: input may follow its request at once, before the node has answered.
  const messages = on(peer, "message", { close: ["close"] });
  try {
    const request = execRequestSchema.parse(await firstMessage(messages));
    if (request.instance !== instance)
      throw new BerthError("request.invalid", "The request names another instance than its address");
    // Without a terminal a client may stand still for as long as it likes: stopped in its shell, behind a slow pipe.
    if (request.tty !== null) endWithoutPong(peer, every);
    const window = new FlowWindow(request.windowBytes);
    const session = await open(request);
    const ended = new AbortController();
    const over = AbortSignal.any([gone, ended.signal]);
    // The peer may have left while the node was asked.
    if (over.aborted) session.close();
    over.addEventListener("abort", () => session.close(), { once: true });
    watchEnd(() => ended.abort(loginEnded()));
    const onTaken = tellTaken(request.inputWindowBytes, send);
    const giveInput = inputGiver(session, { onTaken, onSurplus: () => ended.abort(inputSurplus()) });
    takeMessages(messages, { session, send, window, giveInput }).catch((error: unknown) =>
      peer.close(1008, toBerthError(error).message),
    );
    for await (const { channel, data } of session.output) {
      await window.take(data.length, over);
      await send({ type: "output", channel, data: data.toString("base64") });
    }
    ended.signal.throwIfAborted();
    await send({ type: "exit", code: await session.exitCode });
  } catch (error) {
    if (peer.readyState === peer.OPEN) await send({ type: "error", error: toBerthError(error).toBody() });
  }
  peer.close();
}

function loginEnded(): BerthError {
  return new BerthError("unauthenticated", "The login has ended, or the account has another role now");
}

function inputSurplus(): BerthError {
  return new BerthError("cancelled", "The command was ended: more than 8 MiB of input waited for it to read", {
    hint: "A newer berth waits for the command; other clients do by `inputWindowBytes`.",
  });
}

/** A connection that was cut without a word is only found out by asking. */
function endWithoutPong(peer: WebSocket, everyMilliseconds: number): void {
  let unanswered = 0;
  peer.on("pong", () => (unanswered = 0));
  const timer = setInterval(() => {
    if (unanswered >= mostUnanswered) peer.terminate();
    unanswered += 1;
    peer.ping();
  }, everyMilliseconds);
  peer.once("close", () => clearInterval(timer));
}

/** Arguments of `message` events: the data comes first. */
type Messages = AsyncIterator<unknown[], undefined>;

async function firstMessage(messages: Messages): Promise<unknown> {
  const late = new BerthError("deadline.exceeded", "No request came in 10 s");
  const { value, done } = await pTimeout(messages.next(), { milliseconds: firstMessageMilliseconds, message: late });
  return done === true ? undefined : parseJson(value[0]);
}

interface Taker {
  session: ExecSession;
  send: (message: ServerMessage) => Promise<void>;
  window: FlowWindow;
  giveInput: (data: Buffer) => void;
}

interface InputListener {
  onTaken: (bytes: number) => void;
  /** More waits than may. */
  onSurplus: () => void;
}

function inputGiver(session: ExecSession, { onTaken, onSurplus }: InputListener): Taker["giveInput"] {
  let waiting = 0;
  const take = (bytes: number): void => {
    waiting -= bytes;
    onTaken(bytes);
  };
  return (data) => {
    waiting += data.length;
    if (waiting > mostInputBytes) onSurplus();
    // What follows may be the answer to what is said meanwhile: it does not wait for this.
    void session.write(data).then(() => take(data.length));
  };
}

/** Tells a client that waits for it, by and by, how much of its input was taken. */
function tellTaken(window: number = Number.POSITIVE_INFINITY, send: Taker["send"]): InputListener["onTaken"] {
  let taken = 0;
  return (bytes) => {
    taken += bytes;
    if (taken < window / 4) return;
    void send({ type: "taken", bytes: taken });
    taken = 0;
  };
}

async function takeMessages(messages: Messages, { session, send, window, giveInput }: Taker): Promise<void> {
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const message = execClientMessageSchema.safeParse(parseJson(next.value[0]));
    if (!message.success) throw new BerthError("protocol.invalid", "A message does not fit the protocol");
    switch (message.data.type) {
      case "input":
        giveInput(Buffer.from(message.data.data, "base64"));
        break;
      case "resize":
        session.resize(message.data.columns, message.data.rows);
        break;
      case "taken":
        window.give(message.data.bytes);
        break;
      case "ping":
        // Input that follows does not wait for it.
        void send({ type: "pong", nodeSilentSeconds: session.nodeSilentFor() });
    }
  }
}

function parseJson(data: unknown): unknown {
  try {
    return JSON.parse(data instanceof Buffer ? data.toString("utf8") : "");
  } catch {
    return undefined;
  }
}
