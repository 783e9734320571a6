/** Carries plans out: durably, one run at a time, each step after what it needs. */
import type { EventEmitter } from "node:events";
import pLimit from "p-limit";
import type { LogLine, Run, RunSummary } from "@berth/shared/api/runs";
import { BerthError } from "@berth/shared/errors";
import type { OperationKind } from "@berth/shared/operations/index";
import type { Inventory } from "../inventory/database.ts";
import { listNodes } from "../inventory/nodes.ts";
import { findRunningRun, listRuns, type RunRecord } from "../inventory/runs.ts";
import { lastLogSequence, readLogLines } from "../inventory/step-logs.ts";
import { checkGraph } from "./graph.ts";
import type { OperationHandlers } from "./handlers.ts";
import { carryOut, isSettling, type LiveRun, type RunContext } from "./live-run.ts";
import { createNotifier, type RunnerEvents } from "./notifications.ts";
import { parseInput } from "./operation-types.ts";
import { toRun, toSummary } from "./present.ts";
import { defaultRetryPolicy, type RetryPolicy } from "./retry.ts";
import type { Concurrency, Hosts } from "./schedule.ts";
import { createRun, endRun, reopenRun, requireRun, type NewRun } from "./store.ts";

export interface RunnerOptions {
  inventory: Inventory;
  handlers: OperationHandlers;
  /** A pino logger, or part of one. */
  log: { error: (fields: object, message: string) => void };
  /** Takes known secrets out of log lines and errors. */
  redact?: (text: string) => string;
  /** 16 over all, 4 per node; 3 pulls per host and 2 starts per core of it when left out. */
  concurrency?: Partial<Concurrency>;
  retry?: Partial<RetryPolicy>;
  /** How long a handler may take to settle after it was told to stop; 10 when left out. */
  graceSeconds?: number;
  /** Log lines kept per run; 20 000 when left out. */
  maxLogLines?: number;
}

export interface LogOptions {
  /** Only lines with a higher sequence. */
  after?: number;
  /** Only lines of this step, by its id in the plan. */
  step?: string | undefined;
  limit?: number;
}

export interface Runner {
  readonly events: EventEmitter<RunnerEvents>;
  /** Writes the run, then begins it. null: the plan is empty, nothing was written. Throws `conflict` beside another. */
  start: (run: NewRun) => Promise<Run | null>;
  /** Ends when the run has. Rejects when it is interrupted, by the signal or because the controller stops. */
  wait: (id: number, signal?: AbortSignal) => Promise<Run>;
  /**
   * Cancels what has not ended and waits, at most the grace period, for what is under way. A run that ended stays; one
   * with an operation that goes on to an end of its own is still `running`.
   */
  cancel: (id: number, account: string) => Promise<Run>;
  /** Carries on with the steps that failed, were cancelled or skipped. Throws `conflict` beside another run. */
  resume: (id: number) => Promise<Run>;
  /** At start: carries on with the run that was under way when the controller ended. */
  resumeInterrupted: () => Promise<Run | null>;
  get: (id: number) => Promise<Run>;
  /** Newest first; 50 when no limit is given. */
  list: (limit?: number) => Promise<RunSummary[]>;
  logs: (id: number, options?: LogOptions) => Promise<LogLine[]>;
  /** Stops without cancelling: what is under way is carried on at the next start. */
  close: () => Promise<void>;
}

const defaultConcurrency: Concurrency = { total: 16, perNode: 4, pullsPerHost: 3, startsPerCore: 2 };

export function createRunner(options: RunnerOptions): Runner {
  const { inventory } = options;
  const notifier = createNotifier((error) => options.log.error({ err: error }, "A listener to runs failed"));
  const context: RunContext = {
    inventory,
    notifier,
    handlers: options.handlers,
    concurrency: { ...defaultConcurrency, ...options.concurrency },
    retry: { ...defaultRetryPolicy, ...options.retry },
    graceMilliseconds: (options.graceSeconds ?? 10) * 1000,
    maxLogLines: options.maxLogLines ?? 20_000,
    redact: options.redact ?? ((text) => text),
  };
  // What begins or ends a run happens one after the other, so that `live` and the inventory agree.
  const exclusively = pLimit(1);
  let live: LiveRun | undefined;
  let closing = false;

  async function begin(record: RunRecord, lastSequence: number): Promise<Run> {
    const run = carryOut(record, lastSequence, await readHosts(inventory), context);
    live = run;
    run.done
      .catch((error: unknown) => options.log.error({ err: error, run: record.id }, "The run could not be recorded"))
      .finally(() => {
        if (live === run) live = undefined;
      });
    notifier.changed(record);
    return toRun(record);
  }

  function liveRun(id: number): LiveRun | undefined {
    return live?.record.id === id ? live : undefined;
  }

  function refuseWhenClosing(): void {
    if (closing) throw new BerthError("controller.unreachable", "The controller is stopping", { hint: "Try again." });
  }

  async function resumeOrEnd(id: number): Promise<Run> {
    const record = await requireRun(inventory.database, id);
    if (record.cancelRequestedAt !== null && !record.steps.some(isSettling)) {
      return toRun(await endRun(inventory, id, new BerthError("cancelled", "Cancelled before the controller ended")));
    }
    try {
      checkPlan(record.steps);
    } catch (error) {
      // It comes from another version of Berth. Left `running` it would stand in the way of every other run.
      options.log.error({ err: error, run: id }, "The interrupted run cannot be carried on");
      const why = "This version of Berth cannot carry on with it";
      return toRun(
        await endRun(inventory, id, new BerthError("cancelled", why, { hint: "Apply the fleet file again." })),
      );
    }
    return begin(record, await lastLogSequence(inventory.database, id));
  }

  async function get(id: number): Promise<Run> {
    return toRun(liveRun(id)?.record ?? (await requireRun(inventory.database, id)));
  }

  return {
    events: notifier.events,
    get,
    async start(run) {
      if (run.plan.operations.length === 0) return null;
      checkPlan(run.plan.operations);
      return exclusively(async () => {
        refuseWhenClosing();
        return begin(await createRun(inventory, run), 0);
      });
    },
    async wait(id, signal) {
      const run = liveRun(id);
      if (run === undefined) return ended(await get(id));
      await (signal === undefined ? run.done : orAborted(run.done, signal));
      return ended(toRun(run.record));
    },
    async cancel(id, account) {
      const run = await exclusively(async () => {
        const found = liveRun(id);
        await found?.cancel(account);
        return found;
      });
      if (run === undefined) {
        return toRun(await endRun(inventory, id, new BerthError("cancelled", `Cancelled by ${account}`)));
      }
      await doneWithin(run.done, context.graceMilliseconds * 2);
      return toRun(run.record);
    },
    resume: (id) =>
      exclusively(async () => {
        refuseWhenClosing();
        const run = liveRun(id);
        if (run !== undefined) return toRun(run.record);
        const record = await reopenRun(inventory, id);
        return record.state === "running" ? resumeOrEnd(id) : toRun(record);
      }),
    resumeInterrupted: () =>
      exclusively(async () => {
        const running = live === undefined ? await findRunningRun(inventory.database) : null;
        return running === null ? null : resumeOrEnd(running.id);
      }),
    async list(limit = 50) {
      return (await listRuns(inventory.database, limit)).map(toSummary);
    },
    async logs(id, { after = 0, step, limit = 10_000 } = {}) {
      const run = liveRun(id);
      if (run === undefined) await requireRun(inventory.database, id);
      else await run.commit();
      return readLogLines(inventory.database, id, { after, step, limit });
    },
    async close() {
      closing = true;
      await exclusively(async () => {
        live?.stop();
        // Why it could not be recorded is in the log already.
        await live?.done.catch(() => undefined);
      });
    },
  };
}

/** Of a host of whose nodes no agent has told yet: as few as a small one has, since what starves misses its health check. */
const usualCores = 2;

async function readHosts(inventory: Inventory): Promise<Hosts> {
  const nodes = (await listNodes(inventory.database)).map(({ name, proxmox, facts }) => {
    return { node: name, host: proxmox ?? `node ${name}`, cores: facts?.cores ?? null };
  });
  const cores = new Map<string, number>();
  for (const { host, cores: own } of nodes) if (own !== null) cores.set(host, Math.max(own, cores.get(host) ?? 1));
  return new Map(nodes.map(({ node, host }) => [node, { name: host, cores: cores.get(host) ?? usualCores }]));
}

interface PlannedStep {
  id: string;
  kind: OperationKind;
  after: readonly string[];
  input: unknown;
}

function checkPlan(operations: readonly PlannedStep[]): void {
  checkGraph(operations);
  for (const { kind, input } of operations) parseInput(kind, input);
}

function ended(run: Run): Run {
  if (run.state !== "running") return run;
  throw new BerthError(
    "controller.unreachable",
    `Run ${run.id} is not being carried out: the controller stops or starts`,
    {
      hint: "It is carried on once the controller has started.",
    },
  );
}

/** Ends with it, or when the time is over. */
async function doneWithin(done: Promise<void>, milliseconds: number): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, milliseconds);
  try {
    await Promise.race([done, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function orAborted(done: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    done.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
