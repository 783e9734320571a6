/** What stores and disks hold, for the history: now and then, whether somebody looks or not. */
import type { Usage } from "@berth/shared/api/usage";
import { BerthError } from "@berth/shared/errors";
import { rowsColumnOf } from "@berth/shared/metrics/holdings";
import type { Holding } from "../metrics/history/holding.ts";
import type { StoreUsage } from "./usage.ts";

export interface RecorderDependencies {
  /** Throws `not-found` before the first apply. */
  read: () => Promise<StoreUsage>;
  /** What agents told of disks: nobody is waited for. */
  disks: (now: number) => readonly Holding[];
  add: (at: number, holdings: readonly Holding[]) => void;
  /** After it was recorded. */
  onRecord?: (usage: StoreUsage) => Promise<void>;
  onFailure: (error: unknown) => void;
  now?: () => number;
}

export interface Recorder {
  /** Records what is on disks, asks stores, and records what they told. Never fails. */
  record: () => Promise<void>;
  /** Waits for no store: what it answers then is not recorded. */
  close: () => void;
}

/** Three times for each of the history's longest steps: one answer that is late or missing makes no gap. */
const everyMilliseconds = 5 * 60_000;
/** Agents connect first: until then no store is known to be healthy. */
const startMilliseconds = 60_000;

export function createRecorder(dependencies: RecorderDependencies): Recorder {
  const { read, disks, add, onRecord, onFailure, now = Date.now } = dependencies;
  let closed = false;

  async function record(): Promise<void> {
    try {
      const at = now();
      add(at, disks(at));
      const usage = await read();
      if (closed) return;
      add(Date.parse(usage.readAt), holdingsToKeep(usage));
      await onRecord?.(usage);
    } catch (error) {
      // Nothing is held before the first apply.
      const isNothing = error instanceof BerthError && error.code === "not-found";
      if (!closed && !isNothing) onFailure(error);
    }
  }

  let timer = setTimeout(function beat() {
    void record();
    timer = setTimeout(beat, everyMilliseconds).unref();
  }, startMilliseconds).unref();

  return {
    record,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** What was told, as columns. What a store has not counted yet is unknown, and not nothing. Pure. */
export function holdingsToKeep({
  databases,
  collections,
  buckets,
}: Pick<Usage, "databases" | "collections" | "buckets">): Holding[] {
  return [
    ...databases.map(({ database: name, instance: owner, bytes, counts }): Holding => {
      const rows = Object.entries(counts).map(([what, count]) => [rowsColumnOf(what), count] as const);
      return { kind: "database", name, owner, values: { databaseBytes: bytes, ...Object.fromEntries(rows) } };
    }),
    ...collections.map(({ collection: name, instance: owner, points }): Holding => {
      return { kind: "collection", name, owner, values: { points } };
    }),
    ...buckets
      .filter(({ countedAt }) => countedAt !== null)
      .map(({ bucket: name, owner, bytes, objects }): Holding => {
        return { kind: "bucket", name, owner, values: { bucketBytes: bytes, objects } };
      }),
  ];
}
