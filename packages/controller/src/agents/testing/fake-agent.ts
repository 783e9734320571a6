/** The other side of the protocol, by hand: says what a test tells it to, also what no agent would. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import {
  controllerMessageSchema,
  type AgentMessage,
  type AgentMessageOf,
  type ControllerMessage,
  type ControllerMessageOf,
} from "@berth/shared/protocol/messages";
import { connectPath } from "@berth/shared/protocol/enrolment";
import type { NodeFacts } from "@berth/shared/protocol/state";
import { protocolVersion } from "@berth/shared/protocol/version";
import { WebSocket } from "ws";
import type { Credentials, Harness } from "./harness.ts";
import { within } from "./within.ts";

export const testFacts: NodeFacts = {
  hostname: "user1",
  os: "Debian GNU/Linux 12 (bookworm)",
  kernel: "6.1.0",
  architecture: "x64",
  cores: 2,
  memoryBytes: 4 * 1024 ** 3,
  dockerVersion: "20.10.24",
  cgroupVersion: 2,
};

export interface AgentOptions {
  /** Answers pings; a half-open socket does not. */
  alive?: boolean;
}

export class FakeAgent {
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly bootId: string;
  readonly #socket: WebSocket;
  readonly #node: string;
  #raw: Socket | undefined;
  readonly #received: ControllerMessage[] = [];
  readonly #waiters = new Set<() => void>();

  private constructor(socket: WebSocket, node: string, bootId: string) {
    this.#socket = socket;
    this.#node = node;
    this.bootId = bootId;
    const { promise, resolve } = Promise.withResolvers<{ code: number; reason: string }>();
    this.closed = promise;
    socket.once("upgrade", (response) => {
      this.#raw = response.socket;
    });
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    socket.on("message", (data) => {
      if (!Buffer.isBuffer(data)) throw new TypeError("The hub's message is not one buffer");
      this.#received.push(controllerMessageSchema.parse(JSON.parse(data.toString())));
      for (const waiter of this.#waiters) waiter();
    });
  }

  /** An open socket; nothing was said yet. Rejects with the HTTP answer when the upgrade is refused. */
  static async open(
    harness: Harness,
    credentials: Partial<Credentials>,
    { alive = true, bootId = randomUUID() }: AgentOptions & { bootId?: string } = {},
  ): Promise<FakeAgent> {
    const socket = new WebSocket(`wss://127.0.0.1:${harness.port}${connectPath}`, {
      ca: harness.authority.caPem,
      ...(credentials.key === undefined ? {} : { key: credentials.key, cert: credentials.certificate }),
      autoPong: alive,
      maxPayload: 64 * 1024 * 1024,
    });
    const agent = new FakeAgent(socket, credentials.node ?? "nobody", bootId);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("open", resolve);
    socket.once("unexpected-response", (_request, response) => void readRefusal(response).then(reject, reject));
    socket.on("error", reject);
    await within(promise, "the upgrade");
    return agent;
  }

  /** A socket that was welcomed; the hub's first question for the state is answered with nothing. */
  static async join(
    harness: Harness,
    credentials: Credentials,
    options: AgentOptions & { bootId?: string; hello?: Partial<AgentMessageOf<"hello">> } = {},
  ): Promise<FakeAgent> {
    const agent = await FakeAgent.open(harness, credentials, options);
    agent.hello(options.hello);
    await agent.next("welcome");
    return agent;
  }

  hello(overrides: Partial<AgentMessageOf<"hello">> = {}): void {
    this.send({
      type: "hello",
      protocol: protocolVersion,
      agentVersion: "1.4.0",
      node: this.#node,
      bootId: this.bootId,
      clock: Date.now(),
      facts: testFacts,
      journal: [],
      ...overrides,
    });
  }

  send(message: AgentMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  sendRaw(data: string | Buffer): void {
    this.#socket.send(data);
  }

  /** Past the WebSocket: straight into the encrypted connection. */
  sendRawBytes(bytes: Buffer): void {
    this.#raw?.write(bytes);
  }

  /** The oldest message of the type that was not taken yet. */
  async next<T extends ControllerMessage["type"]>(type: T): Promise<ControllerMessageOf<T>> {
    const isWanted = (message: ControllerMessage): message is ControllerMessageOf<T> => message.type === type;
    const take = async (): Promise<ControllerMessageOf<T>> => {
      for (;;) {
        const found = this.#received.find(isWanted);
        if (found !== undefined) {
          this.#received.splice(this.#received.indexOf(found), 1);
          return found;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#waiters.add(resolve);
        await promise;
        this.#waiters.delete(resolve);
      }
    };
    return within(take(), `a message '${type}'`);
  }

  /** Messages of the type that came and were not taken. */
  pending(type: ControllerMessage["type"]): number {
    return this.#received.filter((message) => message.type === type).length;
  }

  /** Resolves when the hub has handled everything sent before. */
  async settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once("pong", () => resolve());
    this.#socket.ping();
    await within(promise, "a pong");
  }

  /** The cable is pulled: nothing more goes either way, without a goodbye. */
  cut(): void {
    this.#socket.terminate();
  }

  /** Reads nothing any more. */
  freeze(): void {
    this.#socket.pause();
  }
}

async function readRefusal(response: IncomingMessage): Promise<Error> {
  const body = await response.toArray();
  return new Error(`${response.statusCode} ${Buffer.concat(body).toString()}`);
}
