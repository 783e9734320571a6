/** One WebSocket of one agent whose certificate was accepted: keep-alive, bounds both ways, one orderly end. */
import { BerthError } from "@berth/shared/errors";
import { closeCodes } from "@berth/shared/protocol/close";
import { maxMessageBytes, type ControllerMessage } from "@berth/shared/protocol/messages";
import type { Logger } from "pino";
import type { RawData, WebSocket } from "ws";
import type { Timing } from "../types.ts";
import { Budget } from "./budget.ts";
import { readJson } from "./read-message.ts";
import { ProtocolViolation } from "./violation.ts";

export interface Identity {
  node: string;
  serial: string;
  enrolment: string;
  /** Address that the connection comes from */
  address: string;
}

export interface ConnectionOptions {
  identity: Identity;
  socket: WebSocket;
  timing: Timing;
  logger: Logger;
}

/** What a peer may send: 2 MiB and 1000 messages a second, after a burst. Beyond it, its socket is read slower. */
const bytesBudget = { burst: 8 * 1024 * 1024, perSecond: 2 * 1024 * 1024 };
const messagesBudget = { burst: 4000, perSecond: 1000 };
/** What may wait to be sent to a peer that does not read. */
const maxBufferedBytes = 16 * 1024 * 1024;
/** For the peer's part of the closing handshake. */
const closeMilliseconds = 2000;
const maxCloseReasonBytes = 123;

export type Receiver = (value: unknown, bytes: number) => void;

export interface Ended {
  code: number;
  reason: string;
  /** Set when the peer broke the protocol */
  violation: string | undefined;
}

export class Connection {
  readonly identity: Identity;
  readonly logger: Logger;
  /** Gets every message as parsed JSON. It may throw a ProtocolViolation. */
  receive: Receiver = () => {
    throw new ProtocolViolation("Nothing is expected yet");
  };
  readonly ended: Promise<Ended>;

  readonly #socket: WebSocket;
  readonly #timing: Timing;
  readonly #bytes = new Budget(bytesBudget);
  readonly #messages = new Budget(messagesBudget);
  readonly #heardWaiters = new Set<() => void>();
  readonly #keepAlive: NodeJS.Timeout;
  #lastHeard = performance.now();
  #lastCheck = performance.now();
  #holds = 0;
  #end: ((ended: Ended) => void) | undefined;

  constructor({ identity, socket, timing, logger }: ConnectionOptions) {
    this.identity = identity;
    this.logger = logger;
    this.#socket = socket;
    this.#timing = timing;
    const { promise, resolve } = Promise.withResolvers<Ended>();
    this.ended = promise;
    this.#end = resolve;
    this.#keepAlive = setInterval(() => this.#checkAlive(), timing.keepAliveSeconds * 1000);
    this.#keepAlive.unref();
    socket.on("message", (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on("ping", () => this.#onHeard(0));
    socket.on("pong", () => this.#onHeard(0));
    socket.on("error", (error) => this.#onSocketError(error));
    socket.on("close", (code, reason) => this.#finish({ code, reason: reason.toString(), violation: undefined }));
  }

  get isOpen(): boolean {
    return this.#end !== undefined;
  }

  /** Milliseconds since anything was heard. */
  get silentFor(): number {
    return performance.now() - this.#lastHeard;
  }

  /** Queues the message. A closed connection swallows it: what must not be lost is sent again after the next `hello`. */
  send(message: ControllerMessage): void {
    const text = encode(message);
    if (!this.isOpen) return;
    this.#socket.send(text, noteSendError);
    if (this.#socket.bufferedAmount > maxBufferedBytes) {
      this.close(closeCodes.overflow, "The agent does not read what it is sent");
    }
  }

  /** Sends, and waits until the operating system took it. */
  async sendAndFlush(message: ControllerMessage): Promise<void> {
    const text = encode(message);
    if (!this.isOpen) return;
    // The callback comes also when the socket is destroyed, which follows the end within seconds.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.send(text, () => resolve());
    await promise;
  }

  /** Whether anything is heard within the time after a ping. */
  async probe(milliseconds: number): Promise<boolean> {
    if (!this.isOpen) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const heard = () => resolve(true);
    const timer = setTimeout(() => resolve(false), milliseconds);
    this.#heardWaiters.add(heard);
    this.#socket.ping();
    try {
      return await Promise.race([promise, this.ended.then(() => false)]);
    } finally {
      clearTimeout(timer);
      this.#heardWaiters.delete(heard);
    }
  }

  /** Reads nothing more until the answer is called: who sends too fast waits in its own socket. */
  hold(): () => void {
    this.#holds++;
    this.#socket.pause();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holds--;
      if (this.#holds === 0) this.#socket.resume();
    };
  }

  holdFor(milliseconds: number): void {
    if (milliseconds > 0) setTimeout(this.hold(), milliseconds);
  }

  /** Ends the connection at once for the hub; the peer gets two seconds to say goodbye. */
  close(code: number, reason: string, violation?: string): void {
    if (!this.isOpen) return;
    const text = truncate(reason, maxCloseReasonBytes);
    this.#finish({ code, reason: text, violation });
    this.#socket.resume();
    this.#socket.close(code, text);
  }

  #finish(ended: Ended): void {
    if (this.#end === undefined) return;
    clearInterval(this.#keepAlive);
    this.#end(ended);
    this.#end = undefined;
    const timer = setTimeout(() => this.#socket.terminate(), closeMilliseconds);
    timer.unref();
    this.#socket.once("close", () => clearTimeout(timer));
  }

  #checkAlive(): void {
    this.#excuseOwnStall();
    if (this.silentFor > this.#timing.silenceSeconds * 1000) {
      this.close(closeCodes.silent, `Nothing was heard for ${this.#timing.silenceSeconds} s`);
    } else {
      this.#socket.ping();
    }
  }

  /** A controller that was itself held up has not listened: what came meanwhile still waits to be read. */
  #excuseOwnStall(): void {
    const now = performance.now();
    const late = now - this.#lastCheck - this.#timing.keepAliveSeconds * 1000;
    this.#lastCheck = now;
    if (late > this.#timing.keepAliveSeconds * 1000) this.#lastHeard += late;
  }

  #onHeard(bytes: number): void {
    this.#lastHeard = performance.now();
    for (const waiter of this.#heardWaiters) waiter();
    this.holdFor(Math.max(this.#bytes.spend(bytes), this.#messages.spend(1)));
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (!this.isOpen) return;
    const text = textOf(data);
    this.#onHeard(text.length);
    try {
      if (isBinary) throw new ProtocolViolation("Binary messages are not part of the protocol");
      this.receive(readJson(text), text.length);
    } catch (error) {
      this.#onReceiveError(error);
    }
  }

  #onReceiveError(error: unknown): void {
    if (error instanceof ProtocolViolation) {
      this.close(closeCodes.invalid, error.message, error.message);
    } else {
      // A mistake of ours is no reason to cut the node off.
      this.logger.error({ node: this.identity.node, err: error }, "a message of an agent could not be handled");
    }
  }

  /** The WebSocket library closes the socket itself: of a message too large with 1009, of a broken frame with 1002. */
  #onSocketError(error: Error & { code?: string }): void {
    this.logger.debug({ node: this.identity.node, err: error }, "the socket of an agent failed");
    const broken = error.code?.startsWith("WS_ERR_") === true;
    this.#finish({ code: 1006, reason: error.message, violation: broken ? error.message : undefined });
  }
}

/** A socket of the default binary type gives one buffer; the others are for completeness of its type. */
function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString();
}

function encode(message: ControllerMessage): string {
  const text = JSON.stringify(message);
  // No character takes more than three bytes per UTF-16 unit.
  if (text.length * 3 > maxMessageBytes && Buffer.byteLength(text) > maxMessageBytes) {
    throw new BerthError("request.invalid", `The message '${message.type}' is larger than an agent accepts`, {
      hint: `It must stay under ${maxMessageBytes / 1024 / 1024} MiB.`,
    });
  }
  return text;
}

/** A failed send is followed by the socket's own 'error' or 'close', which end the connection. */
function noteSendError(): void {}

function truncate(text: string, bytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > bytes) cut = cut.slice(0, -1);
  return cut;
}
