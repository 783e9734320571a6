/** Tells listeners what changes in runs, a run at most every so often. */
import { EventEmitter } from "node:events";
import type { LogLine, Run } from "@berth/shared/api/runs";
import type { StepPhase } from "@berth/shared/operations/phases";
import type { RunRecord, StepRecord } from "../inventory/runs.ts";
import { toRun } from "./present.ts";

export interface RunnerEvents {
  /**
   * The run as it is now, with all its steps. Changes that follow closely come as one. `changed`: the ids of the steps
   * that are not as they were told last; undefined: any of them.
   */
  run: [run: Run, changed?: ReadonlySet<string>];
  /** Phases of a step, whenever there are more; after the run with that step. */
  phases: [runId: number, step: string, phases: readonly StepPhase[]];
  /** Log lines in order, once they are in the inventory. */
  lines: [runId: number, lines: readonly LogLine[]];
}

export interface Notifier {
  events: EventEmitter<RunnerEvents>;
  /** `step`: what changed of it; left out: the run itself. */
  changed: (record: RunRecord, step?: StepRecord) => void;
  /** Tells of the run at once, and not again until it changes. */
  flush: (record: RunRecord) => void;
  lines: (runId: number, lines: readonly LogLine[]) => void;
}

const intervalMilliseconds = 100;

/** `onError` hears of listeners that throw: they must not disturb the run. */
export function createNotifier(onError: (error: unknown) => void): Notifier {
  const events = new EventEmitter<RunnerEvents>();
  const timers = new Map<number, NodeJS.Timeout>();
  /** What was told whole. A run that is resumed is another record. */
  const told = new WeakSet<RunRecord>();
  /** The steps that changed since the run was told last. */
  const changedSteps = new WeakMap<RunRecord, Set<StepRecord>>();
  const toldPhases = new WeakMap<StepRecord, readonly StepPhase[]>();

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
    const steps = changedSteps.get(record) ?? new Set();
    changedSteps.delete(record);
    const changed = told.has(record) ? new Set([...steps].map(({ id }) => id)) : undefined;
    told.add(record);
    if (events.listenerCount("run") > 0) guarded(() => void events.emit("run", toRun(record), changed));
    for (const step of steps) {
      if (step.phases.length === 0 || step.phases === toldPhases.get(step)) continue;
      toldPhases.set(step, step.phases);
      guarded(() => void events.emit("phases", record.id, step.id, step.phases));
    }
  }

  return {
    events,
    flush,
    changed(record, step) {
      const steps = changedSteps.get(record) ?? new Set();
      changedSteps.set(record, step === undefined ? steps : steps.add(step));
      if (!timers.has(record.id))
        timers.set(
          record.id,
          setTimeout(() => flush(record), intervalMilliseconds),
        );
    },
    lines: (runId, lines) => guarded(() => void events.emit("lines", runId, lines)),
  };
}
