/** A shell in a container: the exec endpoint's WebSocket, from the question whether the account may to the exit code. */
import { whoAmI } from "@berth/shared/api/accounts";
import {
  type execClientMessageSchema,
  execPath,
  type execRequestSchema,
  execServerMessageSchema,
  shellCommand,
} from "@berth/shared/api/instances";
import { BerthError, toBerthError, type ErrorCode } from "@berth/shared/errors";
import { instanceNameSchema } from "@berth/shared/names";
import { FlowWindow } from "@berth/shared/protocol/flow-window";
import type * as z from "zod";
import { call, fillPath } from "../api/client.ts";
import { errorOfBody } from "../api/api-error.ts";
import { mayOperate } from "../session/may.ts";
import { decodeBase64, encodeBase64, pieces } from "./bytes.ts";
import { lostMilliseconds, Pulse } from "./pulse.ts";
import type { ShellState } from "./words.ts";

type Request = z.input<typeof execRequestSchema>;
type ClientMessage = z.input<typeof execClientMessageSchema>;

export interface Size {
  columns: number;
  rows: number;
}

export interface ShellOptions {
  instance: string;
  /** undefined: the instance's own. */
  container: string | undefined;
  size: () => Size;
  /** Calls back once it is shown. */
  onOutput: (bytes: Uint8Array, onTaken: () => void) => void;
  onState: (state: ShellState) => void;
}

export interface Shell {
  type: (bytes: Uint8Array) => void;
  resize: (size: Size) => void;
  /** Ends it on the node, too. */
  close: () => void;
}

const lookMilliseconds = 1_000;
const windowBytes = 512 * 1024;

export function openShell(options: ShellOptions): Shell {
  const leaving = new AbortController();
  let connection: Connection | undefined;
  const start = async (): Promise<void> => {
    // The address can be typed, and no such WebSocket is there to say so.
    if (!instanceNameSchema.safeParse(options.instance).success) {
      throw new BerthError("not-found", `No instance is named '${options.instance}'.`);
    }
    const account = await call(whoAmI, { signal: leaving.signal });
    if (!mayOperate(account)) {
      const message = `This needs the role 'operator'; account '${account.name}' has '${account.role}'.`;
      throw new BerthError("forbidden", message);
    }
    if (!leaving.signal.aborted) connection = new Connection(options);
  };
  start().catch((thrown: unknown) => {
    if (!leaving.signal.aborted) options.onState({ phase: "failed", error: toBerthError(thrown) });
  });
  return {
    type: (bytes) => connection?.type(bytes),
    resize: (size) => connection?.send({ type: "resize", ...size }),
    close: () => {
      leaving.abort();
      connection?.close();
    },
  };
}

class Connection {
  readonly #options: ShellOptions;
  readonly #socket: WebSocket;
  readonly #pulse = new Pulse(performance.now());
  readonly #timer: ReturnType<typeof setInterval>;
  #wasOpen = false;
  /** The node has answered. */
  #hasBegun = false;
  /** What was told last of who does not answer. */
  #told: string | undefined;
  readonly #over = new AbortController();
  readonly #inputWindow = new FlowWindow(windowBytes);
  #typing = Promise.resolve();

  constructor(options: ShellOptions) {
    this.#options = options;
    const url = new URL(fillPath(execPath, { name: options.instance }), location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener("open", () => this.#request());
    this.#socket.addEventListener("message", ({ data }) => this.#receive(String(data)));
    this.#socket.addEventListener("close", () => this.#fail(this.#wasOpen ? lost : refused));
    this.#timer = setInterval(() => this.#look(), lookMilliseconds);
  }

  send(message: ClientMessage | Request): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** What is pasted may be more than the command reads at once: it waits here. */
  type(bytes: Uint8Array): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    for (const piece of pieces(bytes)) {
      this.#typing = this.#typing.then(() => this.#typePiece(piece)).catch(() => undefined);
    }
  }

  async #typePiece(piece: Uint8Array): Promise<void> {
    await this.#inputWindow.take(piece.length, this.#over.signal);
    this.send({ type: "input", data: encodeBase64(piece) });
  }

  close(): void {
    this.#over.abort();
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #request(): void {
    this.#wasOpen = true;
    this.#pulse.heard(performance.now());
    const { instance, container, size } = this.#options;
    this.send({
      instance,
      container,
      command: [...shellCommand],
      tty: size(),
      windowBytes,
      inputWindowBytes: windowBytes,
    });
  }

  /** A tab that nobody sees draws seldom: what it has not drawn yet must not pile up in it. */
  #show(bytes: Uint8Array): void {
    this.#options.onOutput(bytes, () => this.send({ type: "taken", bytes: bytes.length }));
  }

  #receive(data: string): void {
    if (this.#over.signal.aborted) return;
    const parsed = execServerMessageSchema.safeParse(JSON.parse(data));
    if (!parsed.success) {
      this.#fail({ code: "protocol.invalid", message: "The controller said something that this page does not know." });
      return;
    }
    const message = parsed.data;
    this.#pulse.heard(performance.now());
    switch (message.type) {
      case "output":
        this.#hasBegun = true;
        this.#look();
        this.#show(decodeBase64(message.data));
        break;
      case "taken":
        this.#inputWindow.give(message.bytes);
        break;
      case "pong":
        this.#hasBegun = true;
        this.#pulse.answered(performance.now(), message.nodeSilentSeconds);
        this.#look();
        break;
      case "exit":
        this.#end({ phase: "ended", exitCode: message.code });
        break;
      case "error":
        this.#end({ phase: "failed", error: errorOfBody(message) });
    }
  }

  #look(): void {
    const { ask, quiet, lost: isLost } = this.#pulse.look(performance.now());
    if (isLost)
      this.#fail({ ...lost, message: `Nothing was heard of the controller for ${lostMilliseconds / 1000} s.` });
    else if (ask) this.send({ type: "ping" });
    const telling = JSON.stringify(quiet ?? null);
    if (this.#over.signal.aborted || !this.#hasBegun || telling === this.#told) return;
    this.#told = telling;
    this.#options.onState({ phase: "open", quiet });
  }

  #fail({ code, message, hint }: { code: ErrorCode; message: string; hint?: string }): void {
    this.#end({ phase: "failed", error: new BerthError(code, message, hint === undefined ? {} : { hint }) });
  }

  #end(state: ShellState): void {
    if (this.#over.signal.aborted) return;
    this.close();
    this.#options.onState(state);
  }
}

const lost = {
  code: "controller.unreachable",
  message: "The connection was lost.",
  hint: "What ran in the terminal is ended on the node.",
} as const;

const refused = {
  code: "controller.unreachable",
  message: "The controller took no WebSocket.",
  hint: "A proxy before it has to pass them on.",
} as const;
