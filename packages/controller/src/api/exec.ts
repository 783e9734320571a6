/** A command in an instance's container, over a WebSocket: its first message says what, then bytes flow both ways. */
import { on } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { execClientMessageSchema, execRequestSchema, execServerMessageSchema } from "@berth/shared/api/instances";
import type { Account } from "@berth/shared/api/accounts";
import { BerthError, errorCatalogue, toBerthError } from "@berth/shared/errors";
import pTimeout from "p-timeout";
import { WebSocketServer, type WebSocket } from "ws";
import type * as z from "zod";
import { requireAccount, type AccessOptions } from "./authenticate.ts";

export type ExecRequest = z.output<typeof execRequestSchema>;
type ServerMessage = z.input<typeof execServerMessageSchema>;

/** A command that runs on a node. */
export interface ExecSession {
  output: AsyncIterable<{ channel: "stdout" | "stderr"; data: Buffer }>;
  /** Empty data: the input has ended. */
  write: (data: Buffer) => void;
  resize: (columns: number, rows: number) => void;
  close: () => void;
  /** After the output has ended; null: the command was cut off. */
  exitCode: Promise<number | null>;
}

/** `account`: who asks. */
export type OpenExec = (request: ExecRequest, account: Account) => Promise<ExecSession>;

const execUrl = /^\/api\/instances\/([a-z0-9-]+)\/exec$/;
const maxMessageBytes = 1024 * 1024;
const firstMessageMilliseconds = 10_000;

/** true when the upgrade was for exec and is taken care of. */
export type HandleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

export function createExecUpgrade(access: AccessOptions, open: OpenExec): HandleUpgrade {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
  return (request, socket, head) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const instance = execUrl.exec(path)?.[1];
    if (instance === undefined) return false;
    requireAccount(request, "operator", access).then(
      (account) =>
        server.handleUpgrade(request, socket, head, (peer) => {
          void serveSession(peer, instance, (asked) => open(asked, account));
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

async function serveSession(
  peer: WebSocket,
  instance: string,
  open: (request: ExecRequest) => Promise<ExecSession>,
): Promise<void> {
  // Resolves when the socket has taken it, so that a slow reader slows the command and does not fill our memory.
  const send = (message: ServerMessage) =>
    new Promise<void>((resolve) => peer.send(JSON.stringify(message), () => resolve()));
  // Listened to from the first moment: input may follow its request at once, before the node has answered.
  const messages = on(peer, "message", { close: ["close"] });
  try {
    const request = execRequestSchema.parse(await firstMessage(messages));
    if (request.instance !== instance)
      throw new BerthError("request.invalid", "The request names another instance than its address");
    const session = await open(request);
    peer.on("close", () => session.close());
    forwardInput(messages, session).catch((error: unknown) => peer.close(1008, toBerthError(error).message));
    for await (const { channel, data } of session.output) {
      await send({ type: "output", channel, data: data.toString("base64") });
    }
    await send({ type: "exit", code: await session.exitCode });
  } catch (error) {
    if (peer.readyState === peer.OPEN) await send({ type: "error", error: toBerthError(error).toBody() });
  }
  peer.close();
}

/** Arguments of `message` events: the data comes first. */
type Messages = AsyncIterator<unknown[], undefined>;

async function firstMessage(messages: Messages): Promise<unknown> {
  const late = new BerthError("deadline.exceeded", "No request came in 10 s");
  const { value, done } = await pTimeout(messages.next(), { milliseconds: firstMessageMilliseconds, message: late });
  return done === true ? undefined : parseJson(value[0]);
}

async function forwardInput(messages: Messages, session: ExecSession): Promise<void> {
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const message = execClientMessageSchema.safeParse(parseJson(next.value[0]));
    if (!message.success) throw new BerthError("protocol.invalid", "A message does not fit the protocol");
    if (message.data.type === "resize") session.resize(message.data.columns, message.data.rows);
    else session.write(Buffer.from(message.data.data, "base64"));
  }
}

function parseJson(data: unknown): unknown {
  try {
    return JSON.parse(data instanceof Buffer ? data.toString("utf8") : "");
  } catch {
    return undefined;
  }
}
