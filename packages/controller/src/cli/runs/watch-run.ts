/** Watching a run until it ends, over a connection that may break: the stream for speed, a poll as the safety net. */
import { setTimeout as delay } from "node:timers/promises";
import { liveEvents, livePath } from "@berth/shared/api/live";
import { withRunChange } from "@berth/shared/api/run-change";
import { getRun, type Run } from "@berth/shared/api/runs";
import { BerthError, toBerthError } from "@berth/shared/errors";
import { requestPath, type Client } from "../client/client.ts";

export interface RunObserver {
  /** The run as it is now; at least once. */
  onRun(run: Run): void;
  /** There may be new log lines. */
  onLog?(): void;
}

export interface WatchTimings {
  pollMilliseconds: number;
  reconnectMilliseconds: number;
  /** How long the controller may be out of reach: it may be restarting, and the run outlives that. */
  patienceMilliseconds: number;
}
const usualTimings: WatchTimings = {
  pollMilliseconds: 5000,
  reconnectMilliseconds: 500,
  patienceMilliseconds: 120_000,
};

/** Ends with the run when it has ended. Throws an AbortError on `signal`, or why the controller is out of reach. */
export async function watchRun(
  client: Client,
  id: number,
  observer: RunObserver,
  signal: AbortSignal,
  timings: WatchTimings = usualTimings,
): Promise<Run> {
  let lastContact = performance.now();
  const heard: RunObserver = {
    onRun(run) {
      lastContact = performance.now();
      observer.onRun(run);
    },
    onLog: () => observer.onLog?.(),
  };
  for (;;) {
    try {
      await watchConnected(client, id, heard, signal, timings);
      // With what its steps' time went into, which the stream does not tell; and it may be resumed by now.
      const run = await client.call(getRun, { params: { id }, signal });
      if (run.state !== "running") return run;
    } catch (error) {
      signal.throwIfAborted();
      const patienceEnds = lastContact + timings.patienceMilliseconds;
      if (!toBerthError(error).retryable || performance.now() > patienceEnds) throw error;
    }
    await delay(timings.reconnectMilliseconds, undefined, { signal });
  }
}

async function watchConnected(
  client: Client,
  id: number,
  observer: RunObserver,
  signal: AbortSignal,
  timings: WatchTimings,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const onRun = (run: Run): void => {
    if (stop.signal.aborted) return;
    observer.onRun(run);
    if (run.state !== "running") ended.resolve();
  };
  const sources = [
    readLive(client, id, onRun, observer, either),
    pollRun(client, id, onRun, either, timings.pollMilliseconds),
  ];
  try {
    await Promise.race([ended.promise, ...sources]);
  } finally {
    stop.abort();
    await Promise.allSettled(sources);
  }
}

async function readLive(
  client: Client,
  id: number,
  onRun: (run: Run) => void,
  observer: RunObserver,
  signal: AbortSignal,
): Promise<never> {
  let known: Run | undefined;
  for await (const { event, data } of client.events(requestPath(livePath, {}, { topics: "runs", run: id }), signal)) {
    if (event === "log") observer.onLog?.();
    if (event === "run") known = liveEvents.run.parse(data);
    else if (event === "run.change" && known !== undefined) {
      known = withRunChange(known, liveEvents["run.change"].parse(data));
    } else continue;
    onRun(known);
  }
  throw new BerthError("controller.unreachable", "The controller ended the stream of events.");
}

async function pollRun(
  client: Client,
  id: number,
  onRun: (run: Run) => void,
  signal: AbortSignal,
  pollMilliseconds: number,
): Promise<never> {
  for (;;) {
    onRun(await client.call(getRun, { params: { id }, signal }));
    await delay(pollMilliseconds, undefined, { signal });
  }
}
