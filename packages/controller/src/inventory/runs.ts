/** Runs with their steps, as the runs room keeps them. */
import type { Insertable, Selectable } from "kysely";
import * as z from "zod";
import { runStateSchema, stepSchema, stepStateSchema, type RunState, type StepState } from "@berth/shared/api/runs";
import { operationKinds, type OperationKind } from "@berth/shared/operations/index";
import { stepPhaseSchema, type StepPhase } from "@berth/shared/operations/phases";
import { changeSchema, type Change } from "@berth/shared/operations/plan";
import { check, decode, decodeOrNull, encode } from "./columns.ts";
import type { Queryable } from "./database.ts";
import type { RunsTable, StepsTable } from "./tables/runs.ts";

const kindSchema = z.enum(operationKinds);
const afterSchema = z.array(z.string());
const phasesSchema = z.array(stepPhaseSchema);
const inputSchema = z.record(z.string(), z.unknown());
const errorSchema = stepSchema.shape.error.unwrap();

export type StepError = z.output<typeof errorSchema>;

export interface StepRecord {
  /** Place in the plan, from 0. */
  readonly position: number;
  /** The operation's id in the plan. */
  readonly id: string;
  /** UUID under which it is carried out, always the same. */
  readonly operationId: string;
  readonly kind: OperationKind;
  readonly node: string | null;
  readonly target: string;
  readonly change: Change;
  readonly reason: string;
  readonly after: readonly string[];
  readonly input: Readonly<Record<string, unknown>>;
  state: StepState;
  attempt: number;
  startedAt: string | null;
  endedAt: string | null;
  progress: string | null;
  /** What its time went into, as far as that was told. */
  phases: readonly StepPhase[];
  error: StepError | null;
  result: unknown;
}

export interface RunRecord {
  readonly id: number;
  readonly kind: string;
  readonly account: string;
  readonly createdAt: string;
  state: RunState;
  endedAt: string | null;
  cancelRequestedAt: string | null;
  readonly steps: readonly StepRecord[];
}

export type RunRow = Omit<RunRecord, "steps">;
export type RunRowWithCounts = RunRow & { counts: Record<StepState, number> };

/** Runs kept with their steps, and runs whose logs are kept. */
const maxRuns = 500;
const maxRunsWithLogs = 100;
/** Rows of one INSERT, well below SQLite's limit of parameters. */
const insertBatch = 100;

/** Writes a run with all its steps and drops the oldest ones. Call it in a transaction. */
export async function insertRun(
  database: Queryable,
  run: Pick<RunRecord, "kind" | "account" | "createdAt" | "steps">,
): Promise<RunRecord> {
  const { kind, account, createdAt, steps } = run;
  const { id } = await database
    .insertInto("runs")
    .values({ kind, account, createdAt, state: "running", endedAt: null, cancelRequestedAt: null })
    .returning("id")
    .executeTakeFirstOrThrow();
  for (let start = 0; start < steps.length; start += insertBatch) {
    const rows = steps.slice(start, start + insertBatch).map((step) => toRow(id, step));
    await database.insertInto("steps").values(rows).execute();
  }
  await database
    .deleteFrom("runs")
    .where("id", "<=", id - maxRuns)
    .execute();
  await database
    .deleteFrom("stepLogs")
    .where("runId", "<=", id - maxRunsWithLogs)
    .execute();
  return { id, kind, account, createdAt, state: "running", endedAt: null, cancelRequestedAt: null, steps };
}

/** The run that is under way, or was when the controller stopped. */
export async function findRunningRun(database: Queryable): Promise<RunRow | null> {
  const row = await database.selectFrom("runs").selectAll().where("state", "=", "running").executeTakeFirst();
  return row === undefined ? null : toRunRow(row);
}

export async function newestRunId(database: Queryable): Promise<number> {
  const row = await database.selectFrom("runs").select("id").orderBy("id", "desc").limit(1).executeTakeFirst();
  return row?.id ?? 0;
}

/** The newest run that has a step of one of these kinds on the target. */
export async function newestRunWith(
  database: Queryable,
  kinds: readonly OperationKind[],
  target: string,
): Promise<RunRecord | null> {
  const { newest } = await database
    .selectFrom("steps")
    .select((expression) => expression.fn.max("runId").as("newest"))
    .where("kind", "in", kinds)
    .where("target", "=", target)
    .executeTakeFirstOrThrow();
  return newest === null ? null : readRun(database, newest);
}

export async function readRun(database: Queryable, id: number): Promise<RunRecord | null> {
  const row = await database.selectFrom("runs").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) return null;
  const steps = await database.selectFrom("steps").selectAll().where("runId", "=", id).orderBy("position").execute();
  return { ...toRunRow(row), steps: steps.map(toStepRecord) };
}

/** Newest first, with how many steps are in which state. */
export async function listRuns(database: Queryable, limit: number): Promise<RunRowWithCounts[]> {
  const rows = await database.selectFrom("runs").selectAll().orderBy("id", "desc").limit(limit).execute();
  const oldest = rows.at(-1);
  if (oldest === undefined) return [];
  const counts = await database
    .selectFrom("steps")
    .select((expression) => ["runId", "state", expression.fn.countAll<number>().as("count")])
    .where("runId", ">=", oldest.id)
    .groupBy(["runId", "state"])
    .execute();
  const byRun = new Map(rows.map((row) => [row.id, { ...toRunRow(row), counts: noCounts() }]));
  for (const { runId, state, count } of counts) {
    const run = byRun.get(runId);
    if (run !== undefined) run.counts[check(stepStateSchema, state, `run ${runId}`)] = count;
  }
  return [...byRun.values()];
}

export interface RunTally {
  kind: string;
  state: RunState;
  count: number;
  /** null: none has ended yet. */
  lastEndedAt: string | null;
}

/** How many there are of the runs that are kept, by kind and state. */
export async function tallyRuns(database: Queryable): Promise<RunTally[]> {
  const rows = await database
    .selectFrom("runs")
    .select(({ fn }) => ["kind", "state", fn.countAll<number>().as("count"), fn.max("endedAt").as("lastEndedAt")])
    .groupBy(["kind", "state"])
    .orderBy("kind")
    .orderBy("state")
    .execute();
  return rows.map((row) => ({ ...row, state: check(runStateSchema, row.state, `runs of the kind ${row.kind}`) }));
}

export function noCounts(): Record<StepState, number> {
  return { waiting: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };
}

/** Writes how far the run is. */
export async function updateRun(database: Queryable, run: RunRow): Promise<void> {
  const { state, endedAt, cancelRequestedAt } = run;
  await database.updateTable("runs").set({ state, endedAt, cancelRequestedAt }).where("id", "=", run.id).execute();
}

/** Writes how far the step is. */
export async function updateStep(database: Queryable, runId: number, step: StepRecord): Promise<void> {
  await database
    .updateTable("steps")
    .set(mutableColumns(step))
    .where("runId", "=", runId)
    .where("position", "=", step.position)
    .execute();
}

function toRow(runId: number, step: StepRecord): Insertable<StepsTable> {
  return { ...step, runId, after: encode(step.after), input: encode(step.input), ...mutableColumns(step) };
}

function mutableColumns({ state, attempt, startedAt, endedAt, progress, phases, error, result }: StepRecord) {
  return {
    state,
    attempt,
    startedAt,
    endedAt,
    progress,
    phases: phases.length === 0 ? null : encode(phases),
    error: error === null ? null : encode(error),
    result: result === null ? null : encode(result),
  };
}

function toRunRow(row: Selectable<RunsTable>): RunRow {
  return { ...row, state: check(runStateSchema, row.state, `run ${row.id}`) };
}

function toStepRecord({ runId, ...row }: Selectable<StepsTable>): StepRecord {
  const what = `step ${row.id} of run ${runId}`;
  return {
    ...row,
    kind: check(kindSchema, row.kind, what),
    change: check(changeSchema, row.change, what),
    after: decode(afterSchema, row.after, what),
    input: decode(inputSchema, row.input, what),
    state: check(stepStateSchema, row.state, what),
    phases: decodeOrNull(phasesSchema, row.phases, what) ?? [],
    error: decodeOrNull(errorSchema, row.error, what),
    result: decodeOrNull(z.unknown(), row.result, what),
  };
}
