/**
 * The one connection to the controller, as a state machine:
 *
 *     waiting -> connecting -> greeting -> online -> waiting …      stopped from anywhere
 *
 * It greets, keeps alive, refuses what does not fit the protocol, and comes back with growing waits.
 */
import {
  type AgentMessage,
  type AgentMessageOf,
  type ControllerMessage,
  type ControllerMessageOf,
  controllerMessageSchema,
  keepAliveSeconds,
  silenceSeconds,
} from "@berth/shared/protocol/messages";
import { compatibilityOf, protocolVersion } from "@berth/shared/protocol/version";
import type WebSocket from "ws";
import type { RawData } from "ws";
import { Backoff } from "../backoff.ts";
import type { Log } from "../log.ts";

export type ConnectionState = "waiting" | "connecting" | "greeting" | "online" | "stopped";

export interface ConnectionListener {
  onOnline(welcome: ControllerMessageOf<"welcome">): void;
  onMessage(message: Exclude<ControllerMessage, { type: "welcome" }>): void;
  onOffline(): void;
}

export interface ConnectionDependencies {
  /** Opens a socket with the present identity. */
  open: () => WebSocket;
  hello: () => AgentMessageOf<"hello">;
  listener: ConnectionListener;
  log: Log;
}

const welcomeMilliseconds = 10_000;
/** A connection that lasted this long was a good one: the next wait is short again. */
const provenMilliseconds = 10_000;
/** WebSocket close codes: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const invalidData = 1007;
const policyViolation = 1008;
const normalClosure = 1000;

export class Connection {
  readonly #dependencies: ConnectionDependencies;
  readonly #backoff = new Backoff({ firstMilliseconds: 1000, lastMilliseconds: 30_000 });
  #state: ConnectionState = "waiting";
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #heardAt = 0;
  #onlineAt = 0;
  #pings = 0;
  #confirmations: { ping: number; resolve: () => void; reject: (reason: Error) => void }[] = [];

  constructor(dependencies: ConnectionDependencies) {
    this.#dependencies = dependencies;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Bytes handed over and not yet taken by the kernel. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  start(): void {
    if (this.#state === "waiting") this.#connect();
  }

  /** Ends the connection for good, and tells the controller why. */
  stop(reason: string): void {
    const wasOnline = this.#state === "online";
    this.#state = "stopped";
    clearTimeout(this.#timer);
    this.#socket?.close(normalClosure, reason);
    if (wasOnline) this.#leave();
  }

  /** False when there is no connection: whoever must not lose the message keeps it. */
  send(message: AgentMessage): boolean {
    if (this.#state !== "online" || this.#socket === undefined) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Resolves when the kernel has taken the message; rejects when there is no connection. */
  async sendAndDrain(message: AgentMessage): Promise<void> {
    const socket = this.#socket;
    if (this.#state !== "online" || socket === undefined) throw new Error("the connection is gone");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.send(JSON.stringify(message), (error) => {
      if (error) reject(error);
      else resolve();
    });
    await promise;
  }

  /** Resolves when the controller has received everything sent before; rejects when the connection ends first. */
  async confirm(): Promise<void> {
    if (this.#state !== "online" || this.#socket === undefined) throw new Error("the connection is gone");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#confirmations.push({ ping: this.#ping(this.#socket), resolve, reject });
    await promise;
  }

  #connect(): void {
    this.#state = "connecting";
    const socket = this.#dependencies.open();
    this.#socket = socket;
    socket.on("open", () => {
      this.#greet(socket);
    });
    socket.on("message", (data, isBinary) => {
      this.#receive(socket, data, isBinary);
    });
    socket.on("ping", () => {
      this.#heardAt = performance.now();
    });
    socket.on("pong", (data) => {
      this.#onPong(Number(data.toString()));
    });
    socket.on("error", (error) => {
      this.#dependencies.log.warn({ reason: error.message }, "the connection to the controller failed");
    });
    socket.on("close", (code, reason) => {
      this.#onClose(socket, code, reason.toString());
    });
  }

  #greet(socket: WebSocket): void {
    this.#state = "greeting";
    this.#heardAt = performance.now();
    socket.send(JSON.stringify(this.#dependencies.hello()));
    this.#timer = setTimeout(() => {
      this.#refuse(socket, policyViolation, `no welcome within ${welcomeMilliseconds / 1000} s`);
    }, welcomeMilliseconds);
  }

  #receive(socket: WebSocket, data: RawData, isBinary: boolean): void {
    if (socket !== this.#socket || socket.readyState !== socket.OPEN) return;
    this.#heardAt = performance.now();
    if (isBinary) {
      this.#refuse(socket, invalidData, "messages must be text");
      return;
    }
    const message = parse(data);
    if (typeof message === "string") this.#refuse(socket, invalidData, message);
    else if (message.type === "welcome") this.#onWelcome(socket, message);
    else if (this.#state === "online") this.#dependencies.listener.onMessage(message);
    else this.#refuse(socket, policyViolation, `${message.type} came before welcome`);
  }

  #onWelcome(socket: WebSocket, welcome: ControllerMessageOf<"welcome">): void {
    if (this.#state !== "greeting") {
      this.#refuse(socket, policyViolation, "a second welcome came");
      return;
    }
    // As the controller sees us: it decides whether an older agent still works.
    if (compatibilityOf(protocolVersion, welcome.protocol) === "unsupported") {
      const { major, minor } = welcome.protocol;
      this.#refuse(socket, policyViolation, `protocol ${major}.${minor} is too far from this agent's`);
      return;
    }
    clearTimeout(this.#timer);
    this.#state = "online";
    this.#onlineAt = performance.now();
    this.#keepAlive = setInterval(() => {
      this.#checkAlive(socket);
    }, keepAliveSeconds * 1000);
    this.#dependencies.log.info({ protocol: welcome.protocol }, "connected to the controller");
    this.#dependencies.listener.onOnline(welcome);
  }

  #checkAlive(socket: WebSocket): void {
    const silence = (performance.now() - this.#heardAt) / 1000;
    if (silence >= silenceSeconds) {
      this.#dependencies.log.warn({ silence: Math.round(silence) }, "the controller is silent");
      socket.terminate();
    } else {
      this.#ping(socket);
    }
  }

  #ping(socket: WebSocket): number {
    this.#pings += 1;
    socket.ping(String(this.#pings));
    return this.#pings;
  }

  #onPong(ping: number): void {
    this.#heardAt = performance.now();
    while (this.#confirmations[0] !== undefined && this.#confirmations[0].ping <= ping) {
      this.#confirmations.shift()?.resolve();
    }
  }

  #refuse(socket: WebSocket, code: number, reason: string): void {
    this.#dependencies.log.warn({ code, reason }, "the connection is closed: the controller broke the protocol");
    // A close reason holds at most 123 bytes.
    socket.close(code, reason.slice(0, 120));
  }

  #onClose(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    clearTimeout(this.#timer);
    if (this.#state === "stopped") return;
    const wasOnline = this.#state === "online";
    if (wasOnline && performance.now() - this.#onlineAt > provenMilliseconds) this.#backoff.reset();
    this.#state = "waiting";
    const wait = this.#backoff.next();
    this.#dependencies.log.info({ code, reason, wait }, "not connected to the controller");
    this.#timer = setTimeout(() => {
      this.#connect();
    }, wait);
    if (wasOnline) this.#leave();
  }

  #leave(): void {
    clearInterval(this.#keepAlive);
    const lost = this.#confirmations;
    this.#confirmations = [];
    for (const { reject } of lost) reject(new Error("the connection is gone"));
    this.#dependencies.listener.onOffline();
  }
}

/** ws refuses messages beyond maxMessageBytes by itself, with close code 1009. */
function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString();
}

/** The message, or why it is none. The reason names places, not values. */
function parse(data: RawData): ControllerMessage | string {
  const text = textOf(data);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return "the message is not JSON";
    throw error;
  }
  const parsed = controllerMessageSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `the message does not fit at ${issue?.path.map(String).join(".") || "its top"}: ${issue?.code ?? ""}`;
}
