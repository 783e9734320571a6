/** The exec endpoint of the stand-in: a shell that knows three commands, and what a test does to its connection. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { execClientMessageSchema, execRequestSchema, execServerMessageSchema } from "@berth/shared/api/instances";
import { BerthError } from "@berth/shared/errors";
import { WebSocketServer, type WebSocket } from "ws";
import type * as z from "zod";

type ServerMessage = z.input<typeof execServerMessageSchema>;

const execUrl = /^\/api\/instances\/[a-z0-9-]+\/exec$/;
const prompt = "\u001b[32muser1\u001b[0m $ ";

export class StandInTerminal {
  readonly request: z.output<typeof execRequestSchema>;
  readonly ended: Promise<void>;
  readonly sizes: string[] = [];
  typed = "";
  nodeSilentSeconds = 0;
  /** false: as while a program runs that reads nothing. */
  #isReading = true;
  #unreadBytes = 0;
  readonly #peer: WebSocket;
  #line = "";

  constructor(peer: WebSocket, request: z.output<typeof execRequestSchema>) {
    this.#peer = peer;
    this.request = request;
    this.ended = new Promise((resolve) => peer.once("close", () => resolve()));
    this.sizes.push(`${request.tty?.rows} ${request.tty?.columns}`);
    peer.on("message", (data: Buffer) => this.#receive(JSON.parse(data.toString())));
    this.write(prompt);
  }

  write(text: string | Buffer): void {
    this.#send({ type: "output", channel: "stdout", data: Buffer.from(text).toString("base64") });
  }

  exit(code: number | null): void {
    this.#send({ type: "exit", code });
    this.#peer.close();
  }

  fail(error: BerthError): void {
    this.#send({ type: "error", error: error.toBody() });
    this.#peer.close();
  }

  /** As a network does that is gone. */
  cut(): void {
    this.#peer.terminate();
  }

  /** As one that swallows everything: open, and nothing comes. */
  mute(): void {
    this.#peer.removeAllListeners("message");
  }

  stopReading(): void {
    this.#isReading = false;
  }

  /** Takes what waits, and shows nothing of it. */
  takeInput(): void {
    this.#send({ type: "taken", bytes: this.#unreadBytes });
    this.#unreadBytes = 0;
  }

  #send(message: ServerMessage): void {
    this.#peer.send(JSON.stringify(execServerMessageSchema.parse(message)));
  }

  #receive(value: unknown): void {
    const message = execClientMessageSchema.parse(value);
    if (message.type === "ping") this.#send({ type: "pong", nodeSilentSeconds: this.nodeSilentSeconds });
    if (message.type === "resize") this.sizes.push(`${message.rows} ${message.columns}`);
    if (message.type === "input") this.#type(Buffer.from(message.data, "base64"));
  }

  #type(bytes: Buffer): void {
    const text = bytes.toString();
    this.typed += text;
    this.#unreadBytes += bytes.length;
    if (!this.#isReading) return;
    this.takeInput();
    for (const character of text) {
      if (character === "\r") this.#run();
      else {
        this.#line += character;
        this.write(character);
      }
    }
  }

  #run(): void {
    const [command, ...words] = this.#line.trim().split(" ");
    this.#line = "";
    this.write("\r\n");
    if (command === "exit") {
      this.exit(Number(words[0] ?? 0));
      return;
    }
    if (command === "echo") this.write(`${words.join(" ")}\r\n`);
    if (command === "stty") this.write(`${this.sizes.at(-1)}\r\n`);
    this.write(prompt);
  }
}

/** Serves what the address asks for. `onOpened`: a terminal was opened. */
export function createTerminalUpgrade(
  onOpened: (terminal: StandInTerminal) => void,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const server = new WebSocketServer({ noServer: true });
  return (request, socket, head) => {
    if (!execUrl.test(request.url ?? "")) {
      socket.destroy();
      return;
    }
    server.handleUpgrade(request, socket, head, (peer) =>
      peer.once("message", (data: Buffer) =>
        onOpened(new StandInTerminal(peer, execRequestSchema.parse(JSON.parse(data.toString())))),
      ),
    );
  };
}
