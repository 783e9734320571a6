/** Logs and commands that somebody follows: bytes from Docker to the controller, at the pace the connection takes. */
import type { Readable } from "node:stream";
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { AgentMessage, ControllerMessageOf } from "@berth/shared/protocol/messages";
import type { Engine, ExecSession } from "../docker/engine.ts";
import { type Channel, FrameReader } from "../docker/frames.ts";
import type { Log } from "../log.ts";
import { nextSuffix, previousSuffix } from "../operations/instance-check.ts";

export interface StreamDependencies {
  engine: Engine;
  log: Log;
  /** Resolves when the connection takes more; rejects when it is gone. */
  send: (message: AgentMessage) => Promise<void>;
}

interface OpenStream {
  abort: AbortController;
  session?: ExecSession;
}

const mostStreams = 64;
/** As base64 well below the longest message. */
const chunkBytes = 256 * 1024;

export class Streams {
  readonly #dependencies: StreamDependencies;
  readonly #open = new Map<string, OpenStream>();

  constructor(dependencies: StreamDependencies) {
    this.#dependencies = dependencies;
  }

  openLogs({ id, instance, follow, tail, timestamps }: ControllerMessageOf<"logs.open">): void {
    this.#run(id, async (stream) => {
      const container = await this.#containerOf(instance);
      const { signal } = stream.abort;
      const output = await this.#dependencies.engine.logs(container, { follow, tail, timestamps, signal });
      await this.#forward(id, output, false);
      return null;
    });
  }

  openExec({ id, instance, command, tty }: ControllerMessageOf<"exec.open">): void {
    this.#run(id, async (stream) => {
      const container = await this.#containerOf(instance);
      stream.session = await this.#dependencies.engine.exec(container, command, tty);
      const output = stream.session.stream;
      stream.abort.signal.addEventListener("abort", () => output.destroy());
      await this.#forward(id, output, tty !== null);
      return stream.session.exitCode();
    });
  }

  input({ id, data }: ControllerMessageOf<"stream.input">): void {
    const stream = this.#open.get(id)?.session?.stream;
    if (data === "") stream?.end();
    else stream?.write(Buffer.from(data, "base64"));
  }

  resize({ id, columns, rows }: ControllerMessageOf<"stream.resize">): void {
    void this.#open
      .get(id)
      ?.session?.resize(columns, rows)
      .catch((error: unknown) => {
        this.#dependencies.log.info({ stream: id, reason: String(error) }, "the terminal was not resized");
      });
  }

  close(id: string): void {
    this.#open.get(id)?.abort.abort(new BerthError("cancelled", "The stream was closed."));
  }

  /** The connection is gone, and with it whoever followed. */
  closeAll(): void {
    for (const id of this.#open.keys()) this.close(id);
  }

  /** `work` gives the exit code; whatever it throws ends the stream with an error. */
  #run(id: string, work: (stream: OpenStream) => Promise<number | null>): void {
    if (this.#open.has(id)) return;
    const stream: OpenStream = { abort: new AbortController() };
    this.#open.set(id, stream);
    const full = this.#open.size > mostStreams;
    const refused = new BerthError("conflict", `This node already serves ${mostStreams} streams.`);
    void (full ? Promise.reject<number>(refused) : work(stream))
      .then(
        (exitCode): AgentMessage => ({ type: "stream.end", id, exitCode }),
        (error: unknown): AgentMessage => this.#ended(id, stream, error),
      )
      .then(async (end) => this.#dependencies.send(end))
      .catch((error: unknown) => {
        this.#dependencies.log.info({ stream: id, reason: String(error) }, "the stream's end was not sent");
      })
      .finally(() => this.#open.delete(id));
  }

  #ended(id: string, { abort }: OpenStream, error: unknown): AgentMessage {
    if (abort.signal.aborted) return { type: "stream.end", id, exitCode: null };
    return { type: "stream.end", id, exitCode: null, error: toBerthError(error, "docker.failed").toBody() };
  }

  async #forward(id: string, output: Readable, isRaw: boolean): Promise<void> {
    const pending: { channel: Channel; data: Buffer }[] = [];
    const reader = new FrameReader((channel, data) => pending.push({ channel, data }));
    for await (const chunk of output) {
      if (isRaw) pending.push({ channel: "stdout", data: chunk });
      else reader.write(chunk);
      for (const { channel, data } of pending.splice(0)) await this.#sendData(id, channel, data);
    }
  }

  async #sendData(id: string, channel: Channel, data: Buffer): Promise<void> {
    for (let start = 0; start < data.length; start += chunkBytes) {
      const part = data.subarray(start, start + chunkBytes).toString("base64");
      await this.#dependencies.send({ type: "stream.data", id, channel, data: part });
    }
  }

  async #containerOf(instance: string): Promise<string> {
    const containers = await this.#dependencies.engine.listContainers({ instance });
    const inUse = containers.filter(({ name }) => !name.endsWith(nextSuffix) && !name.endsWith(previousSuffix));
    const chosen = inUse.find(({ name }) => name === instance) ?? inUse[0];
    if (chosen === undefined) throw new BerthError("not-found", `No container of ${instance} is on this node.`);
    return chosen.id;
  }
}
