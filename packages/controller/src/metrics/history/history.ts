/**
 * The history of metrics: what agents measured, and what stores and disks held, rolled up, on disk. Nothing here ever fails its callers: what cannot be
 * stored or read is told by `status` and in the log, and the fleet goes on.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { LiveSamples } from "@berth/shared/api/live";
import type { MetricsHistory } from "@berth/shared/fleet/metrics";
import type { HistoryStatus } from "@berth/shared/metrics/history";
import Sqlite from "better-sqlite3";
import { packBlock } from "./block.ts";
import { foldWindow, type Resolution } from "./fold.ts";
import { firstValues } from "./first-values.ts";
import { type FramesQuery, readFrames } from "./frames.ts";
import { startOf } from "./gathered.ts";
import { HistoryFile } from "./history-file.ts";
import { groupOfHolding, type Holding } from "./holding.ts";
import { type Group, Pending, type PendingEntry, windowMilliseconds } from "./pending.ts";
import { type HistoryAnswer, type HistoryQuery, type LiveSource, readHistory, type Sources } from "./read.ts";
import { removeAged, removeSurplus } from "./retention.ts";
import { SteadyClock } from "./steady-clock.ts";

/** Of pino's logger. */
export interface HistoryLog {
  info: (fields: object, text: string) => void;
  warn: (fields: object, text: string) => void;
  error: (fields: object, text: string) => void;
}

export interface HistoryOptions {
  /** Path of the SQLite file. */
  file: string;
  /** As the fleet says at the moment. */
  settings: () => MetricsHistory;
  /** What is in memory, second by second. */
  recent: LiveSource["recent"];
  /** Since when there is that, of a node. */
  recentSince: LiveSource["recentSince"];
  logger: HistoryLog;
  clock?: { now: () => number };
  /** Milliseconds that no change of the clock changes. */
  elapsed?: () => number;
  /** Writes and tidies by itself. */
  isTimed?: boolean;
}

export interface History {
  add: (samples: LiveSamples) => void;
  /** What stores and disks held at a moment. */
  addHoldings: (at: number, holdings: readonly Holding[]) => void;
  read: (query: HistoryQuery) => HistoryAnswer;
  /** What it has of a node, as frames. */
  frames: (query: FramesQuery) => Promise<LiveSamples>;
  status: () => HistoryStatus;
  /** Writes what is pending. */
  flush: () => void;
  /** Folds what is over, and removes what is too old. */
  keepHouse: () => Promise<void>;
  close: () => Promise<void>;
}

/** Samples that are this old are written, a part of the groups each second: within a minute at the latest. */
const writeAfterMilliseconds = 30_000;
const beatMilliseconds = 1000;
const shareOfBeat = { share: 1 / 20, least: 64, steps: 10_000 };
const beatsOfHousekeeping = 60;
const retryMilliseconds = 30_000;
/** Back-fill comes in the first minutes after a connection. */
const foldGraceMilliseconds = 5 * 60_000;
const agingMilliseconds = 3_600_000;
/** While they cannot be written: an hour of steps of ten seconds, of 690 nodes and containers; some 100 MB. */
const mostPending = { ofGroup: 360, ofAll: 250_000 };
/** Room that the file may take beyond its size for what is in flight. */
const slack = 1.1;
const roomShare = 0.9;

export function openHistory(options: HistoryOptions): History {
  const { file: path, logger, recent, recentSince, clock = Date, elapsed = () => performance.now() } = options;
  const steady = new SteadyClock(clock, elapsed);
  let file: HistoryFile | undefined;
  let problem: string | null = null;
  let readProblem: string | null = null;
  let pending = newPending();
  /** What could not be written for a while is a lot: it is written in shares, whatever comes. */
  let isBehind = false;
  let triedAt = Number.NEGATIVE_INFINITY;
  let agedAt = Number.NEGATIVE_INFINITY;
  let housekeeping = Promise.resolve();
  let closing = false;
  open();

  function resolutions(): Resolution[] {
    return options.settings().resolutions.map(({ seconds, days }) => ({
      stepMilliseconds: seconds * 1000,
      keepMilliseconds: days * 86_400_000,
    }));
  }

  function newPending(): Pending {
    return new Pending(resolutions()[0]?.stepMilliseconds ?? 10_000, mostPending);
  }

  function open(): void {
    attempt("opened", () => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      file = new HistoryFile(path);
    });
  }

  /** undefined when it failed. What failed is told once, until something works again. */
  function attempt<Value>(what: string, work: () => Value): Value | undefined {
    try {
      return work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (isDamage(error)) setAside(reason);
      else report(`The history of metrics could not be ${what}: ${reason}`, error);
      return undefined;
    }
  }

  /** The same of what only reads: it says nothing of whether what comes can be written. */
  function attemptRead<Value>(read: () => Value): Value | undefined {
    try {
      const value = read();
      readProblem = null;
      return value;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (isDamage(error)) setAside(reason);
      else if (readProblem !== reason) {
        logger.error({ err: error, file: path }, `The history of metrics could not be read: ${reason}`);
        readProblem = reason;
      }
      return undefined;
    }
  }

  /** What is not on disk yet is told also when the file cannot be read. */
  function readFrom<Value>(read: (sources: Sources) => Value): Value {
    const sources = { file, pending, recent, recentSince, resolutions: resolutions(), onDamaged };
    return attemptRead(() => read(sources)) ?? read({ ...sources, file: undefined });
  }

  function report(text: string, error: unknown): void {
    if (problem !== text) logger.error({ err: error, file: path }, text);
    problem = text;
  }

  function setAside(reason: string): void {
    const damaged = file;
    file = undefined;
    const aside = `${path}.damaged-${new Date(clock.now()).toISOString().replaceAll(":", "").replace(/\.\d+/, "")}`;
    try {
      damaged?.close();
      for (const older of asideFiles(path)) rmSync(older);
      renameSync(path, aside);
      for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
      logger.error(
        { file: path, aside },
        `The history of metrics is damaged (${reason}): it is set aside, and begins anew`,
      );
      file = new HistoryFile(path);
    } catch (error) {
      report(`The history of metrics is damaged (${reason}), and cannot begin anew: ${String(error)}`, error);
    }
  }

  function onDamaged(error: unknown): void {
    logger.warn({ err: error, file: path }, "A part of the history of metrics is damaged: it is left out");
  }

  function flush(): void {
    write(pending.groups());
    // The fleet may have got other resolutions meanwhile.
    const isOther = pending.stepMilliseconds !== resolutions()[0]?.stepMilliseconds;
    if (isOther && pending.groups().length === 0) pending = newPending();
  }

  function write(groups: readonly Group[]): void {
    triedAt = elapsed();
    if (file === undefined) open();
    const into = file;
    if (into === undefined) {
      isBehind = true;
      return;
    }
    const written = attempt("written", () => {
      into.limit(options.settings().maxSize * slack);
      into.transaction(() => {
        for (const { node, container } of groups) {
          for (const entry of pending.of(node, container)) appendEntry(into, entry);
        }
      });
      return true;
    });
    if (written !== true) {
      isBehind = true;
      if (file === into) makeRoom(into);
      return;
    }
    if (problem !== null) logger.info({ file: path }, "The history of metrics is written again");
    problem = null;
    pending.remove(groups);
    if (pending.steps === 0) isBehind = false;
  }

  function writeDue(): void {
    if (problem !== null && elapsed() - triedAt < retryMilliseconds) return;
    const isOther = pending.stepMilliseconds !== resolutions()[0]?.stepMilliseconds;
    if (isOther && !isBehind) {
      flush();
      return;
    }
    const due = pending.due(elapsed() - writeAfterMilliseconds, shareOfBeat);
    // Whether it can be written again is found out by writing, if only nothing.
    if (due.length > 0 || problem !== null) write(due);
    else isBehind = false;
  }

  /** When it is the file that is full. When it is the disk, what is pending waits, as far as memory goes. */
  function makeRoom(into: HistoryFile): void {
    try {
      removeSurplus(into, options.settings().maxSize * roomShare, clock.now());
    } catch (error) {
      logger.warn({ err: error, file: path }, "No room could be made in the history of metrics");
    }
  }

  async function foldDue(): Promise<void> {
    const before = clock.now() - foldGraceMilliseconds - windowMilliseconds;
    for (const due of attemptRead(() => file?.windowsBefore(before)) ?? []) {
      if (closing || file === undefined) return;
      const into = file;
      const folded = attempt("folded", () => {
        foldWindow(due, { file: into, resolutions: resolutions(), onDamaged });
        return true;
      });
      if (folded !== true) return;
      // Others have their turn: a fleet has hundreds of groups.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function keepHouse(): Promise<void> {
    await foldDue();
    const { maxSize } = options.settings();
    if (closing || file === undefined) return;
    const kept = file;
    attempt("made smaller", () => removeSurplus(kept, maxSize, clock.now()));
    // A clock that jumped would have everything thrown away.
    if (steady.forMilliseconds() < agingMilliseconds || elapsed() - agedAt < agingMilliseconds) return;
    agedAt = elapsed();
    attempt("made smaller", () => removeAged(kept, resolutions(), clock.now()));
  }

  let beats = 0;
  const beat = (): void => {
    steady.look();
    writeDue();
    beats += 1;
    if (beats % beatsOfHousekeeping !== 0) return;
    housekeeping = housekeeping.then(keepHouse).catch((error: unknown) => {
      logger.error({ err: error, file: path }, "The history of metrics could not be tidied");
    });
  };
  const timer = options.isTimed === false ? undefined : setInterval(beat, beatMilliseconds);
  timer?.unref();

  function statusNow(): HistoryStatus {
    const found = file;
    const oldest = found === undefined ? [] : (attemptRead(() => firstValues(found)) ?? []);
    const journal = found === undefined ? undefined : attemptRead(() => found.oldestOfJournal());
    const sinceOf = (from: number | undefined): string | null => {
      const since = Math.min(from ?? Number.POSITIVE_INFINITY, journal ?? Number.POSITIVE_INFINITY);
      return Number.isFinite(since) ? new Date(since).toISOString() : null;
    };
    const [aside] = asideFiles(path);
    return {
      bytes: attemptRead(() => bytesOf(path)) ?? 0,
      maxBytes: options.settings().maxSize,
      resolutions: options.settings().resolutions.map(({ seconds, days }) => ({
        ...{ seconds, days },
        since: sinceOf(oldest.find(({ stepMilliseconds }) => stepMilliseconds === seconds * 1000)?.from),
      })),
      problem,
      setAside: aside ?? null,
    };
  }

  return {
    add(samples) {
      // What failed is tried again at its time, not with each sample.
      const isNearFull = pending.add(samples, elapsed());
      if (!isNearFull || problem !== null || isBehind) return;
      write(pending.groups().filter(({ node }) => node === samples.node));
    },
    addHoldings(at, holdings) {
      for (const holding of holdings) pending.addValues(groupOfHolding(holding), at, holding.values, elapsed());
    },
    read: (query) => readFrom((sources) => readHistory(query, sources, clock.now())),
    frames: (query) => readFrames(query, readFrom),
    status: statusNow,
    flush,
    keepHouse,
    close: async () => {
      closing = true;
      clearInterval(timer);
      await housekeeping;
      flush();
      file?.close();
      file = undefined;
    },
  };
}

function appendEntry(into: HistoryFile, { group, gathered }: PendingEntry): void {
  const { from, stepMilliseconds } = gathered;
  const window = startOf(from, windowMilliseconds);
  into.append({ group, window, from, stepMilliseconds, data: packBlock(gathered, into) });
}

function isDamage(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB|IOERR_SHORT_READ)/.test(error.code);
}

function bytesOf(path: string): number {
  return ["", "-wal", "-shm"].reduce(
    (sum, end) => sum + (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** The newest first. */
function asideFiles(path: string): string[] {
  try {
    const names = readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.damaged-`));
    return names
      .toSorted()
      .toReversed()
      .map((name) => join(dirname(path), name));
  } catch {
    // The directory itself is not there: nothing was set aside in it.
    return [];
  }
}
