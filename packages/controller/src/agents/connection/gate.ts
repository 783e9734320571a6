/** The way in: HTTP upgrade, certificate, `hello`, `welcome`. What passed it is handed to `onConnected`. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { BerthError, toBerthError } from "@berth/shared/errors";
import { closeCodes } from "@berth/shared/protocol/close";
import { maxMessageBytes } from "@berth/shared/protocol/messages";
import { spokenWith } from "@berth/shared/protocol/version";
import type { Logger } from "pino";
import { WebSocketServer, type WebSocket } from "ws";
import { RateLimit } from "../enrolment/rate-limit.ts";
import { KeyedLock } from "../keyed-lock.ts";
import { identify, refuseUpgrade } from "./admission.ts";
import { Connection, type Ended, type Identity } from "./connection.ts";
import { admit, awaitHello, type HandshakeContext, type Hello } from "./handshake.ts";

export interface GateOptions extends HandshakeContext {
  logger: Logger;
  /** Runs right after `welcome` was queued, before any message of the agent is read. */
  onConnected: (connection: Connection, hello: Hello) => void;
  /** For every connection, also one that was never welcome. */
  onEnded: (connection: Connection, ended: Ended) => void;
}

/** Connections of one node that may be on their way in at once. */
const maxEntering = 4;

export class Gate {
  readonly #options: GateOptions;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    // One message per turn of the event loop: a peer that sends many small ones cannot keep the others waiting.
    allowSynchronousEvents: false,
  });
  readonly #turns = new KeyedLock();
  readonly #attempts: RateLimit;
  readonly #entering = new Map<string, number>();
  #closed = false;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#attempts = new RateLimit({ clock: options.clock, burst: 30, perMinute: 60 });
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { logger } = this.#options;
    const onError = (error: Error) => logger.debug({ err: error }, "a socket failed while it was being upgraded");
    socket.on("error", onError);
    this.#open(request, socket, head).catch((error: unknown) => {
      const refusal = toBerthError(error);
      logger.warn({ remoteAddress: request.socket.remoteAddress, err: refusal }, "an agent was refused");
      refuseUpgrade(
        socket,
        refusal.code === "internal" ? new BerthError("internal", "The controller failed") : refusal,
      );
    });
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#closed = true;
  }

  /** Waits for the sockets to end; what is left after the time is cut off. */
  async drained(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets.clients) socket.terminate();
    }, milliseconds);
    this.#sockets.close(() => resolve());
    await promise;
    clearTimeout(timer);
  }

  async #open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#closed) throw new BerthError("controller.unreachable", "The controller is stopping");
    const identity = await identify(request, this.#options.store, this.#options.clock);
    if (!this.#attempts.take(identity.node) || this.#count(identity.node) >= maxEntering) {
      throw new BerthError("rate.limited", `Node '${identity.node}' connects too often`, {
        hint: "Wait a few seconds between attempts.",
      });
    }
    this.#sockets.handleUpgrade(request, socket, head, (upgraded) => {
      this.#enter(identity, upgraded).catch((error: unknown) => {
        this.#options.logger.error({ node: identity.node, err: error }, "a connection could not be taken in");
      });
    });
  }

  async #enter(identity: Identity, socket: WebSocket): Promise<void> {
    const { timing, logger, onEnded } = this.#options;
    const connection = new Connection({ identity, socket, timing, logger });
    connection.ended
      .then((ended) => onEnded(connection, ended))
      .catch((error: unknown) => {
        logger.error({ node: identity.node, err: error }, "the end of a connection could not be handled");
      });
    this.#entering.set(identity.node, this.#count(identity.node) + 1);
    try {
      const hello = await awaitHello(connection, this.#options);
      if (hello !== undefined) await this.#turns.run(identity.node, () => this.#welcome(connection, hello));
    } catch (error) {
      const { code, message } = toBerthError(error);
      if (code === "internal") logger.error({ node: identity.node, err: error }, "an agent could not be welcomed");
      connection.close(code === "forbidden" ? closeCodes.forbidden : closeCodes.failed, message);
    } finally {
      this.#leaveEntrance(identity.node);
    }
  }

  async #welcome(connection: Connection, hello: Hello): Promise<void> {
    const { clock, drift, onConnected } = this.#options;
    const lastEventSequence = await admit(connection, hello, this.#options);
    if (lastEventSequence === undefined) return;
    connection.send({
      type: "welcome",
      protocol: spokenWith(hello.protocol),
      clock: clock.now(),
      lastEventSequence,
      drift: drift(connection.identity.node),
    });
    onConnected(connection, hello);
  }

  #count(node: string): number {
    return this.#entering.get(node) ?? 0;
  }

  #leaveEntrance(node: string): void {
    const left = this.#count(node) - 1;
    if (left > 0) this.#entering.set(node, left);
    else this.#entering.delete(node);
  }
}
