/** Logs and commands that somebody follows: bytes from Docker to the controller, at the pace the connection takes. */
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { AgentMessage, ControllerMessageOf } from "@berth/shared/protocol/messages";
import { within } from "../deadline.ts";
import type { ContainerSummary, Engine, ExecSession, LogOptions } from "../docker/engine.ts";
import { type Channel, FrameReader } from "../docker/frames.ts";
import type { Log } from "../log.ts";
import { FlowWindow } from "@berth/shared/protocol/flow-window";
import { nextSuffix, previousSuffix } from "../operations/instance-check.ts";
import { MergedLog, type MergedLogOptions } from "./merged-log.ts";

export interface StreamDependencies {
  engine: Engine;
  log: Log;
  /** Resolves when the connection takes more; rejects when it is gone. */
  send: (message: AgentMessage) => Promise<void>;
}

interface OpenStream {
  abort: AbortController;
  /** What the controller sends may come before the command runs: it waits for the session, in order. */
  session: PromiseWithResolvers<ExecSession>;
  queue: Promise<void>;
  window: FlowWindow;
  /** Input that the command has taken, and the controller was not told of. */
  inputTaken: number;
  /** Of input it is told whenever there is so much. */
  tellInputBytes: number;
}

interface Output {
  /** Where several have a part in the stream. */
  container?: string;
  channel: Channel;
  data: Buffer;
}

/** Less than systemd waits for the agent. */
const hangUpMilliseconds = 12_000;
const mostStreams = 64;
/** Of logs of all containers of an instance, each counts. */
const mostContainerLogs = 256;
/** As base64 well below the longest message. */
const chunkBytes = 256 * 1024;

export class Streams {
  readonly #dependencies: StreamDependencies;
  readonly #open = new Map<string, OpenStream>();
  readonly #hangingUp = new Set<Promise<void>>();
  #containerLogs = 0;

  constructor(dependencies: StreamDependencies) {
    this.#dependencies = dependencies;
  }

  openLogs({ id, instance, container, allContainers, ...options }: ControllerMessageOf<"logs.open">): void {
    const { follow, tail, timestamps } = options;
    this.#run(id, undefined, async (stream) => {
      const range = { follow, tail, timestamps, signal: stream.abort.signal };
      if (allContainers) await this.#forwardAll(id, stream, instance, range);
      else await this.#forwardLog(id, stream, await this.#containerOf(instance, container), range);
      return null;
    });
  }

  async #forwardLog(id: string, stream: OpenStream, container: string, range: LogOptions): Promise<void> {
    const output = await this.#dependencies.engine.logs(container, range);
    await this.#forward(id, stream, output, false);
  }

  async #forwardAll(id: string, stream: OpenStream, instance: string, range: MergedLogOptions): Promise<void> {
    const { engine } = this.#dependencies;
    const containers = await this.#containersOf(instance);
    if (containers.length === 0) throw noContainer(instance);
    if (this.#containerLogs + containers.length > mostContainerLogs) {
      throw new BerthError("conflict", `This node already serves ${this.#containerLogs} logs of containers.`);
    }
    this.#containerLogs += containers.length;
    try {
      const list = (): Promise<ContainerSummary[]> => this.#containersOf(instance);
      const send = (container: string, channel: Channel, data: Buffer): Promise<void> =>
        this.#sendData(id, stream, { container, channel, data });
      await new MergedLog({ engine, list, send }, range).run();
    } finally {
      this.#containerLogs -= containers.length;
    }
  }

  openExec({ id, instance, container: wanted, command, tty, windowBytes }: ControllerMessageOf<"exec.open">): void {
    this.#run(id, windowBytes, async (stream) => {
      const container = await this.#containerOf(instance, wanted);
      const session = await this.#dependencies.engine.exec(container, command, tty);
      const { output } = session;
      const leave = (): void => {
        output.destroy();
        // Without a terminal a command is nobody's to follow: it runs on, as one of `docker exec` does.
        if (tty !== null) this.#hangUp(id, session);
      };
      if (stream.abort.signal.aborted) leave();
      else stream.abort.signal.addEventListener("abort", leave, { once: true });
      stream.session.resolve(session);
      await this.#forward(id, stream, output, tty !== null);
      return session.exitCode();
    });
  }

  input({ id, data }: ControllerMessageOf<"stream.input">): void {
    this.#enqueue(id, async ({ input }) => {
      if (data === "") input.end();
      else await this.#write(id, input, Buffer.from(data, "base64"));
    });
  }

  async #write(id: string, input: Writable, data: Buffer): Promise<void> {
    if (!input.write(data)) await once(input, "drain");
    const open = this.#open.get(id);
    if (open === undefined) return;
    open.inputTaken += data.length;
    if (open.inputTaken < open.tellInputBytes) return;
    const bytes = open.inputTaken;
    open.inputTaken = 0;
    await this.#dependencies.send({ type: "stream.taken", id, bytes });
  }

  resize({ id, columns, rows }: ControllerMessageOf<"stream.resize">): void {
    this.#enqueue(id, async (session) => session.resize(columns, rows));
  }

  taken({ id, bytes }: ControllerMessageOf<"stream.taken">): void {
    this.#open.get(id)?.window.give(bytes);
  }

  close(id: string): void {
    this.#open.get(id)?.abort.abort(new BerthError("cancelled", "The stream was closed."));
  }

  /** The connection is gone, and with it whoever followed. */
  closeAll(): void {
    for (const id of this.#open.keys()) this.close(id);
  }

  /** Ends what terminals run, and resolves when it has ended, or does not heed it. */
  async endAll(): Promise<void> {
    this.closeAll();
    const ended = Promise.all(this.#hangingUp);
    await within(ended, hangUpMilliseconds, "what terminals run to end").catch(() => undefined);
  }

  #hangUp(id: string, session: ExecSession): void {
    const ending = session
      .hangUp()
      .catch((error: unknown) => {
        this.#dependencies.log.warn({ stream: id, reason: String(error) }, "a command could not be ended");
      })
      .finally(() => this.#hangingUp.delete(ending));
    this.#hangingUp.add(ending);
  }

  #enqueue(id: string, work: (session: ExecSession) => Promise<void>): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    open.queue = this.#afterwards(id, open, work);
  }

  async #afterwards(id: string, open: OpenStream, work: (session: ExecSession) => Promise<void>): Promise<void> {
    await open.queue;
    try {
      await work(await open.session.promise);
    } catch (error) {
      this.#dependencies.log.info({ stream: id, reason: String(error) }, "input did not reach the command");
    }
  }

  /** `work` gives the exit code; whatever it throws ends the stream with an error. */
  #run(id: string, windowBytes: number | undefined, work: (stream: OpenStream) => Promise<number | null>): void {
    if (this.#open.has(id)) return;
    const session = Promise.withResolvers<ExecSession>();
    const stream: OpenStream = {
      ...{ abort: new AbortController(), session, queue: Promise.resolve(), window: new FlowWindow(windowBytes) },
      ...{ inputTaken: 0, tellInputBytes: (windowBytes ?? Number.POSITIVE_INFINITY) / 4 },
    };
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
      .finally(() => {
        this.#open.delete(id);
        // Input that still waits for a command that never ran.
        session.promise.catch(() => undefined);
        session.reject(new Error("the stream has ended"));
      });
  }

  #ended(id: string, { abort }: OpenStream, error: unknown): AgentMessage {
    if (abort.signal.aborted) return { type: "stream.end", id, exitCode: null };
    return { type: "stream.end", id, exitCode: null, error: toBerthError(error, "docker.failed").toBody() };
  }

  async #forward(id: string, stream: OpenStream, output: Readable, isRaw: boolean): Promise<void> {
    const pending: Output[] = [];
    const reader = new FrameReader((channel, data) => pending.push({ channel, data }));
    for await (const chunk of output) {
      if (isRaw) pending.push({ channel: "stdout", data: chunk });
      else reader.write(chunk);
      for (const piece of pending.splice(0)) await this.#sendData(id, stream, piece);
    }
  }

  async #sendData(id: string, { window, abort }: OpenStream, { data, ...from }: Output): Promise<void> {
    for (let start = 0; start < data.length; start += chunkBytes) {
      const part = data.subarray(start, start + chunkBytes);
      await window.take(part.length, abort.signal);
      await this.#dependencies.send({ type: "stream.data", id, ...from, data: part.toString("base64") });
    }
  }

  /** Those in use: none that is being replaced, and none that is to replace it. */
  async #containersOf(instance: string): Promise<ContainerSummary[]> {
    const containers = await this.#dependencies.engine.listContainers({ instance });
    return containers.filter(({ name }) => !name.endsWith(nextSuffix) && !name.endsWith(previousSuffix));
  }

  async #containerOf(instance: string, wanted?: string): Promise<string> {
    const containers = await this.#containersOf(instance);
    const named = containers.find(({ name }) => name === (wanted ?? instance));
    const chosen = wanted === undefined ? (named ?? containers[0]) : named;
    if (chosen !== undefined) return chosen.id;
    throw noContainer(instance, wanted, containers.map(({ name }) => name).toSorted());
  }
}

function noContainer(instance: string, wanted?: string, names: readonly string[] = []): BerthError {
  if (wanted === undefined || names.length === 0) {
    return new BerthError("not-found", `No container of ${instance} is on this node.`);
  }
  return new BerthError("not-found", `${instance} has no container ${wanted}, but ${names.join(", ")}.`);
}
