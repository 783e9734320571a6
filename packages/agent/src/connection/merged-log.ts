/**
 * The log of all containers of an instance as one: the newest lines of all together, in the order of Docker's
 * timestamps, then each as it comes. A container waits while the reader does, so that no more of it is held than Docker
 * sends in one piece.
 */
import { setTimeout as delay } from "node:timers/promises";
import { BerthError } from "@berth/shared/errors";
import type { Channel } from "../docker/frames.ts";
import type { ContainerSummary, Engine } from "../docker/engine.ts";
import { hasReached, type LogEntry, type LogPosition, LogReader } from "../docker/log-reader.ts";

export interface MergedLogOptions {
  follow: boolean;
  tail: number;
  timestamps: boolean;
  signal: AbortSignal;
}

interface MergedLogDependencies {
  engine: Pick<Engine, "logs" | "inspectContainer">;
  /** The instance's containers at this moment. */
  list: () => Promise<ContainerSummary[]>;
  /** Resolves when more can be sent. */
  send: (container: string, channel: Channel, data: Buffer) => Promise<void>;
}

interface Part {
  id: string;
  name: string;
  reader: LogReader;
  isFollowed: boolean;
  startedAt: string | null;
  /** Last of what was there at the beginning; undefined: nothing was. */
  past: LogPosition | undefined;
  /** Channels that are inside a line, whose time has been told. */
  inLine: Set<Channel>;
}

interface Piece {
  part: Part;
  entry: LogEntry;
}

/** How soon a container is followed that was started anew. Nothing of its log is lost by it. */
const lookMilliseconds = 1_000;

export class MergedLog {
  readonly #dependencies: MergedLogDependencies;
  readonly #options: MergedLogOptions;
  /** By the container's id. */
  readonly #parts = new Map<string, Part>();
  /** One after the other: they share one flow window. */
  #sending: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;

  constructor(dependencies: MergedLogDependencies, options: MergedLogOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  /** Ends with the containers when it follows them; one that is started again before goes on in its place. */
  async run(): Promise<void> {
    try {
      const leftOut = await this.#openAll();
      await this.#sendPast(leftOut);
      if (this.#options.follow) await this.#follow();
    } finally {
      for (const { reader } of this.#parts.values()) reader.close();
    }
  }

  /** How many of the oldest entries are too many. */
  async #openAll(): Promise<number> {
    const { tail, follow } = this.#options;
    const begin = { at: `${new Date().toISOString().slice(0, -1)}000000Z`, count: 0 };
    let entries = 0;
    for (const container of await this.#dependencies.list()) {
      // Counted first: which lines are the newest of all is known without holding any.
      const past = tail === 0 ? undefined : await unlessGone(this.#measure(container.id));
      entries += past?.entries ?? 0;
      await unlessGone(this.#open(container, begin, { tail, follow, past: past?.end }));
    }
    return Math.max(0, entries - tail);
  }

  async #measure(id: string): Promise<{ entries: number; end: LogPosition } | undefined> {
    const { tail, signal } = this.#options;
    const output = await this.#dependencies.engine.logs(id, { follow: false, tail, timestamps: true, signal });
    const reader = new LogReader(output);
    let entries = 0;
    while (await reader.fill()) entries += reader.takeAll().length;
    return entries === 0 ? undefined : { entries, end: reader.position };
  }

  /** `from` is where it goes on when it is opened again, and with `since` where it begins. */
  async #open(
    { id, name }: ContainerSummary,
    from: LogPosition | undefined,
    how: { follow: boolean; tail?: number; since?: string; past?: LogPosition | undefined },
  ): Promise<Part> {
    const { past, ...range } = how;
    const { engine } = this.#dependencies;
    // Before its log: one that is started in between is opened again, from where this one ends.
    const startedAt = (await engine.inspectContainer(id))?.startedAt ?? null;
    const output = await engine.logs(id, { ...range, timestamps: true, signal: this.#options.signal });
    const reader = new LogReader(output, from);
    const part = { id, name, reader, isFollowed: true, startedAt, past, inLine: new Set<Channel>() };
    this.#parts.set(id, part);
    return part;
  }

  /** The oldest first, of all containers whose past is not over; `leftOut` of them are not sent. */
  async #sendPast(leftOut: number): Promise<void> {
    let parts = [...this.#parts.values()].filter(({ past }) => past !== undefined);
    let taken = 0;
    const ready: Piece[] = [];
    while (parts.length > 0) {
      const empty = parts.find(({ reader }) => reader.next === undefined);
      if (empty !== undefined) {
        await this.#send(ready.splice(0));
        if (!(await empty.reader.fill())) parts = parts.filter((part) => part !== empty);
        continue;
      }
      const part = parts.reduce((first, other) => (timeOf(other) < timeOf(first) ? other : first));
      const entry = part.reader.take();
      if (entry === undefined) continue;
      taken += 1;
      if (taken > leftOut) ready.push({ part, entry });
      if (part.past === undefined || hasReached(part.reader.position, part.past)) {
        parts = parts.filter((other) => other !== part);
      }
    }
    await this.#send(ready);
  }

  async #follow(): Promise<void> {
    for (const part of this.#parts.values()) void this.#forward(part);
    do {
      await delay(lookMilliseconds, undefined, { signal: this.#options.signal });
      if (this.#failure !== undefined) throw this.#failure.error;
      await this.#followStarted();
    } while ([...this.#parts.values()].some(({ isFollowed }) => isFollowed));
  }

  /** Those that were started, again or in another's place, since they were looked at. */
  async #followStarted(): Promise<void> {
    const containers = await this.#dependencies.list();
    const present = new Set(containers.map(({ id }) => id));
    for (const { id, isFollowed } of this.#parts.values()) {
      if (!isFollowed && !present.has(id)) this.#parts.delete(id);
    }
    for (const container of containers) {
      const known = this.#parts.get(container.id);
      if (known?.isFollowed === true) continue;
      const details = await this.#dependencies.engine.inspectContainer(container.id);
      if (details === null || details.startedAt === (known?.startedAt ?? null)) continue;
      const from = known?.reader.position;
      const since = from === undefined ? {} : { since: from.at };
      const part = await unlessGone(this.#open(container, from, { follow: true, ...since }));
      if (part !== undefined) void this.#forward(part);
    }
  }

  async #forward(part: Part): Promise<void> {
    try {
      while (await part.reader.fill()) {
        await this.#send(part.reader.takeAll().map((entry) => ({ part, entry })));
      }
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      part.isFollowed = false;
    }
  }

  #send(pieces: readonly Piece[]): Promise<void> {
    const sending = this.#sending.then(() => this.#sendNow(pieces));
    this.#sending = sending.catch(() => undefined);
    return sending;
  }

  /** What follows each other of one container and channel goes together. */
  async #sendNow(pieces: readonly Piece[]): Promise<void> {
    for (let start = 0, end = 0; start < pieces.length; start = end) {
      const first = pieces[start];
      if (first === undefined) return;
      const { part, entry } = first;
      const data: Buffer[] = [];
      for (; pieces[end]?.part === part && pieces[end]?.entry.channel === entry.channel; end += 1) {
        data.push(this.#textOf(pieces[end] ?? first));
      }
      await this.#dependencies.send(part.name, entry.channel, Buffer.concat(data));
    }
  }

  #textOf({ part: { inLine }, entry: { at, channel, text } }: Piece): Buffer {
    const isBegin = !inLine.has(channel);
    if (text.at(-1) === newline) inLine.delete(channel);
    else inLine.add(channel);
    return this.#options.timestamps && isBegin ? Buffer.concat([Buffer.from(`${at} `), text]) : text;
  }
}

/** A container may be removed at any moment, and has no log then. */
async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BerthError && error.code === "not-found") return undefined;
    throw error;
  }
}

const newline = "\n".charCodeAt(0);

function timeOf({ reader }: Part): string {
  return reader.next?.at ?? "";
}
