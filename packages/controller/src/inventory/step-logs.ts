import type { LogLine } from "@berth/shared/api/runs";
import type { Queryable } from "./database.ts";

/** Rows of one INSERT, well below SQLite's limit of parameters. */
const insertBatch = 100;

export async function appendLogLines(database: Queryable, runId: number, lines: readonly LogLine[]): Promise<void> {
  for (let start = 0; start < lines.length; start += insertBatch) {
    const rows = lines.slice(start, start + insertBatch).map((line) => ({ runId, ...line }));
    await database.insertInto("stepLogs").values(rows).execute();
  }
}

/** Drops the lines up to and with that sequence. */
export async function dropLogLines(database: Queryable, runId: number, upTo: number): Promise<void> {
  await database.deleteFrom("stepLogs").where("runId", "=", runId).where("sequence", "<=", upTo).execute();
}

export interface LogQuery {
  /** Only lines with a higher sequence. */
  after: number;
  step?: string | undefined;
  limit: number;
}

export async function readLogLines(database: Queryable, runId: number, query: LogQuery): Promise<LogLine[]> {
  let selection = database
    .selectFrom("stepLogs")
    .select(["sequence", "at", "step", "line"])
    .where("runId", "=", runId)
    .where("sequence", ">", query.after)
    .orderBy("sequence")
    .limit(query.limit);
  if (query.step !== undefined) selection = selection.where("step", "=", query.step);
  return selection.execute();
}

/** Sequence of the run's last line; 0: there is none. */
export async function lastLogSequence(database: Queryable, runId: number): Promise<number> {
  const row = await database
    .selectFrom("stepLogs")
    .select((expression) => expression.fn.max("sequence").as("sequence"))
    .where("runId", "=", runId)
    .executeTakeFirst();
  return row?.sequence ?? 0;
}
