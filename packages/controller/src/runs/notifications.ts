/** Tells listeners what changes in runs, a run at most every so often. */
import { EventEmitter } from "node:events";
import type { LogLine, Run } from "@berth/shared/api/runs";
import type { RunRecord } from "../inventory/runs.ts";
import { toRun } from "./present.ts";

export interface RunnerEvents {
  /** The run as it is now, with all its steps. Changes that follow closely come as one. */
  run: [run: Run];
  /** Log lines in order, once they are in the inventory. */
  lines: [runId: number, lines: readonly LogLine[]];
}

export interface Notifier {
  events: EventEmitter<RunnerEvents>;
  changed: (record: RunRecord) => void;
  /** Tells of the run at once, and not again until it changes. */
  flush: (record: RunRecord) => void;
  lines: (runId: number, lines: readonly LogLine[]) => void;
}

const intervalMilliseconds = 100;

/** `onError` hears of listeners that throw: they must not disturb the run. */
export function createNotifier(onError: (error: unknown) => void): Notifier {
  const events = new EventEmitter<RunnerEvents>();
  const timers = new Map<number, NodeJS.Timeout>();

  function guarded(emit: () => void): void {
    try {
      emit();
    } catch (error) {
      onError(error);
    }
  }

  function flush(record: RunRecord): void {
    clearTimeout(timers.get(record.id));
    timers.delete(record.id);
    if (events.listenerCount("run") > 0) guarded(() => void events.emit("run", toRun(record)));
  }

  return {
    events,
    flush,
    changed(record) {
      if (!timers.has(record.id))
        timers.set(
          record.id,
          setTimeout(() => flush(record), intervalMilliseconds),
        );
    },
    lines: (runId, lines) => guarded(() => void events.emit("lines", runId, lines)),
  };
}
