/** A controller for tests: enrols, welcomes, records what the agent says and says what the test wants. */
import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { text } from "node:stream/consumers";
import { connectPath, enrolPath, enrolRequestSchema } from "@berth/shared/protocol/enrolment";
import {
  type AgentMessage,
  type AgentMessageOf,
  agentMessageSchema,
  type ControllerMessage,
} from "@berth/shared/protocol/messages";
import { protocolVersion } from "@berth/shared/protocol/version";
import { type WebSocket, WebSocketServer } from "ws";
import { makeAuthority, type TestAuthority } from "./certificates.ts";
import { eventually } from "./processes.ts";

export interface ControllerSettings {
  drift: "mend" | "report";
  lastEventSequence: number;
  /** Life of the certificates it issues, in days. */
  life: { age: number; days: number };
  /** Acknowledge results and events, as the real one does. */
  acknowledge: boolean;
  welcome: boolean;
}

export class TestController {
  readonly authority: TestAuthority;
  readonly settings: ControllerSettings = {
    drift: "mend",
    lastEventSequence: 0,
    life: { age: 1, days: 90 },
    acknowledge: true,
    welcome: true,
  };
  /** Everything received, oldest first, over all connections. */
  readonly received: AgentMessage[] = [];
  /** Close codes and reasons of connections that the agent ended. */
  readonly closed: { code: number; reason: string }[] = [];
  /** Files it serves by path. */
  readonly files = new Map<string, Uint8Array>();
  readonly #node: string;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  #socket: WebSocket | undefined;

  private constructor(node: string, authority: TestAuthority, tls: { certificate: string; key: string }) {
    this.#node = node;
    this.authority = authority;
    this.#server = createServer(
      {
        cert: `${tls.certificate}\n${authority.pem}`,
        key: tls.key,
        ca: authority.pem,
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: "TLSv1.3",
      },
      (request, response) => {
        const file = this.files.get(request.url ?? "");
        if (file !== undefined) response.end(file);
        else if (request.url === enrolPath) {
          void this.#enrol(request, response);
        } else response.writeHead(404).end();
      },
    );
    this.#sockets = new WebSocketServer({ server: this.#server, path: connectPath });
    this.#sockets.on("connection", (socket) => {
      this.#onConnection(socket);
    });
  }

  /** Listens on a Unix socket, so that a relay in a namespace leads to it. */
  static async start(node: string, socketPath: string): Promise<TestController> {
    const authority = await makeAuthority();
    const controller = new TestController(node, authority, await authority.issueServer());
    const { promise, resolve } = Promise.withResolvers<void>();
    controller.#server.listen(socketPath, resolve);
    await promise;
    return controller;
  }

  joinToken(fingerprint: string = this.authority.fingerprint): string {
    const [id, secret] = [randomBytes(9).toString("base64url"), randomBytes(32).toString("base64url")];
    return `berth1.${id}.${secret}.${fingerprint}`;
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  send(message: ControllerMessage): void {
    this.sendRaw(JSON.stringify(message));
  }

  sendRaw(data: string | Buffer): void {
    if (this.#socket === undefined) throw new Error("the agent is not connected");
    this.#socket.send(data);
  }

  /** Sends an operation; its id. */
  operation(kind: string, input: unknown, options: { id?: string; deadlineSeconds?: number } = {}): string {
    const { id = randomUUID(), deadlineSeconds = 60 } = options;
    this.send({ type: "operation", id, kind, input, deadlineSeconds });
    return id;
  }

  async outcome(id: string, milliseconds = 60_000): Promise<AgentMessageOf<"result">["outcome"]> {
    return (await this.result(id, milliseconds)).outcome;
  }

  async result(id: string, milliseconds = 60_000): Promise<AgentMessageOf<"result">> {
    const find = (): AgentMessageOf<"result"> | undefined => this.all("result").find((result) => result.id === id);
    return eventually(`the result of ${id}`, find, milliseconds);
  }

  async observe(): Promise<AgentMessageOf<"observation">["observation"]> {
    const id = randomUUID();
    this.send({ type: "observe", id });
    const find = (): AgentMessageOf<"observation"> | undefined => this.all("observation").find((one) => one.id === id);
    return (await eventually("an observation", find)).observation;
  }

  all<T extends AgentMessage["type"]>(type: T): AgentMessageOf<T>[] {
    return this.received.filter((message): message is AgentMessageOf<T> => message.type === type);
  }

  async connected(milliseconds = 30_000): Promise<void> {
    await eventually("the agent to connect", () => this.isConnected, milliseconds);
  }

  /** As a lost network does: without a close frame. */
  drop(): void {
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  async stop(): Promise<void> {
    this.drop();
    this.#server.closeAllConnections();
    this.#sockets.close();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => {
      resolve();
    });
    await promise;
  }

  async #enrol(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { csr } = enrolRequestSchema.parse(JSON.parse(await text(request)));
    const certificate = await this.authority.issueAgent(csr, this.#node, this.settings.life);
    response.end(JSON.stringify({ node: this.#node, certificate, ca: this.authority.pem }));
  }

  async #renew(csr: string): Promise<void> {
    this.send({ type: "certificate", certificate: await this.authority.issueAgent(csr, this.#node) });
  }

  #onConnection(socket: WebSocket): void {
    socket.on("message", (data) => {
      const message = agentMessageSchema.parse(JSON.parse(Buffer.isBuffer(data) ? data.toString() : ""));
      this.received.push(message);
      this.#answer(socket, message);
    });
    socket.on("close", (code, reason) => {
      this.closed.push({ code, reason: reason.toString() });
      if (this.#socket === socket) this.#socket = undefined;
    });
  }

  #answer(socket: WebSocket, message: AgentMessage): void {
    const { settings } = this;
    if (message.type === "hello" && settings.welcome) {
      const { lastEventSequence, drift } = settings;
      this.#socket = socket;
      this.send({ type: "welcome", protocol: protocolVersion, clock: Date.now(), lastEventSequence, drift });
    }
    if (message.type === "certificate.request") {
      void this.#renew(message.csr);
    }
    if (!settings.acknowledge) return;
    if (message.type === "result") this.send({ type: "acknowledge", ids: [message.id] });
    if (message.type === "events") {
      const sequence = message.events.at(-1)?.sequence ?? 0;
      settings.lastEventSequence = Math.max(sequence, settings.lastEventSequence);
      this.send({ type: "acknowledge.events", sequence });
    }
  }
}
