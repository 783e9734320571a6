/** Writes what happens in a run, everything that is due in one transaction, so that a step costs few of them. */
import type { LogLine } from "@berth/shared/api/runs";
import type { Inventory } from "../inventory/database.ts";
import { updateRun, updateStep, type RunRecord, type StepRecord } from "../inventory/runs.ts";
import { appendLogLines, dropLogLines } from "../inventory/step-logs.ts";

export interface RecorderOptions {
  inventory: Inventory;
  record: RunRecord;
  /** Sequence of the last line that is written already. */
  lastSequence: number;
  maxLogLines: number;
  /** Lines that were written: whoever asks the inventory now finds them. */
  onWritten: (lines: readonly LogLine[]) => void;
  /** Called once, when writing fails; nothing is written from then on. */
  onFailure: (error: unknown) => void;
}

export interface Recorder {
  /** Marks the step for the next commit. */
  changed: (step: StepRecord) => void;
  /** Marks the run itself. */
  runChanged: () => void;
  /** Adds a log line; written with the next commit, soon. */
  line: (step: string, line: string) => void;
  /** Ends when all that was marked is on disk. Rejects when it could not be written. */
  commit: () => Promise<void>;
}

const lineDelayMilliseconds = 150;

export function createRecorder(options: RecorderOptions): Recorder {
  const { inventory, record, maxLogLines } = options;
  let steps = new Set<StepRecord>();
  let lines: LogLine[] = [];
  let runMarked = false;
  let sequence = options.lastSequence;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let queued: Promise<void> | undefined;
  let failed = false;

  /** A commit that is asked for while another is being written joins all others that wait for that. */
  function commit(): Promise<void> {
    queued ??= writing.then(() => {
      queued = undefined;
      writing = write();
      return writing;
    });
    return queued;
  }

  async function write(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const due = { steps: [...steps], lines, run: runMarked };
    steps = new Set();
    lines = [];
    runMarked = false;
    if (due.steps.length === 0 && due.lines.length === 0 && !due.run) return;
    const dropUpTo = sequence - maxLogLines;
    // A tenth more than allowed may stand there, so that dropping is rare.
    const drop = dropUpTo - dropped > maxLogLines / 10 || (dropUpTo > dropped && due.run);
    try {
      await inventory.database.transaction().execute(async (transaction) => {
        for (const step of due.steps) await updateStep(transaction, record.id, step);
        if (due.run) await updateRun(transaction, record);
        await appendLogLines(transaction, record.id, due.lines);
        if (drop) await dropLogLines(transaction, record.id, dropUpTo);
      });
    } catch (error) {
      if (!failed) options.onFailure(error);
      failed = true;
      throw error;
    }
    if (drop) dropped = dropUpTo;
    if (due.lines.length > 0) options.onWritten(due.lines);
  }

  return {
    changed: (step) => void steps.add(step),
    runChanged: () => void (runMarked = true),
    line(step, line) {
      sequence += 1;
      lines.push({ sequence, at: new Date().toISOString(), step, line });
      if (lines.length > maxLogLines * 1.1) lines = lines.slice(-maxLogLines);
      timer ??= setTimeout(() => void commit().catch(() => undefined), lineDelayMilliseconds);
    },
    commit,
  };
}
