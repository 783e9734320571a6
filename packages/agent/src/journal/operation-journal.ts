/** What became of each operation: accepted -> running -> done -> acknowledged. The same id is never performed twice. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { phasesSchema, type Phase } from "@berth/shared/operations/phases";
import type { AgentMessageOf } from "@berth/shared/protocol/messages";
import * as z from "zod";

export type Outcome = AgentMessageOf<"result">["outcome"];
export type OperationState = "accepted" | "running" | "done" | "acknowledged";

export interface JournaledOperation {
  id: string;
  kind: string;
  /** As received; null once done, since it may carry secrets and nobody needs it any more. */
  input: unknown;
  state: OperationState;
  /** Milliseconds since the epoch. */
  deadlineAt: number;
  outcome: Outcome | null;
  /** What it spent its time with, once done. */
  phases: readonly Phase[];
}

export interface AcceptedOperation {
  id: string;
  kind: string;
  input: unknown;
  deadlineAt: number;
}

/** Acknowledged operations stay this long, so that a message delivered late or twice is still known. */
const rememberedForMilliseconds = 7 * 24 * 3600 * 1000;

const rowSchema = z.object({
  id: z.string(),
  kind: z.string(),
  input: z.string().nullable(),
  state: z.enum(["accepted", "running", "done", "acknowledged"]),
  deadline_at: z.number(),
  outcome: z.string().nullable(),
  phases: z.string().nullable(),
});

export class OperationJournal {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #find: StatementSync;
  readonly #unacknowledged: StatementSync;
  readonly #begin: StatementSync;
  readonly #finish: StatementSync;
  readonly #acknowledge: StatementSync;
  readonly #forget: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insert = database.prepare(
      "INSERT INTO operations (id, kind, input, state, deadline_at, changed_at) VALUES (?, ?, ?, 'accepted', ?, ?)",
    );
    this.#find = database.prepare("SELECT * FROM operations WHERE id = ?");
    this.#unacknowledged = database.prepare("SELECT * FROM operations WHERE state <> 'acknowledged' ORDER BY rowid");
    this.#begin = database.prepare("UPDATE operations SET state = 'running', changed_at = ? WHERE id = ?");
    this.#finish = database.prepare(
      "UPDATE operations SET state = 'done', input = NULL, outcome = ?, phases = ?, changed_at = ? WHERE id = ?",
    );
    this.#acknowledge = database.prepare(
      "UPDATE operations SET state = 'acknowledged', changed_at = ? WHERE id = ? AND state = 'done'",
    );
    this.#forget = database.prepare("DELETE FROM operations WHERE state = 'acknowledged' AND changed_at < ?");
  }

  accept(operation: AcceptedOperation): void {
    const input = JSON.stringify(operation.input ?? null);
    this.#insert.run(operation.id, operation.kind, input, Math.round(operation.deadlineAt), Date.now());
  }

  find(id: string): JournaledOperation | undefined {
    const row = this.#find.get(id);
    return row === undefined ? undefined : parse(row);
  }

  /** Everything the controller has not acknowledged, in the order of acceptance. */
  unacknowledged(): JournaledOperation[] {
    return this.#unacknowledged.all().map(parse);
  }

  begin(id: string): void {
    this.#begin.run(Date.now(), id);
  }

  /** Its input is gone from the disk, also from the log of writes, which a transaction that it is part of prevents. */
  finish(id: string, outcome: Outcome, phases: readonly Phase[] = []): void {
    this.#finish.run(JSON.stringify(outcome), JSON.stringify(phases), Date.now(), id);
    emptyLog(this.#database);
  }

  /** Only what is done can be acknowledged; anything else is left as it is. */
  acknowledge(ids: readonly string[]): void {
    const now = Date.now();
    for (const id of ids) this.#acknowledge.run(now, id);
    this.#forget.run(now - rememberedForMilliseconds);
  }
}

/** Carries all of the log over into the database, and leaves nothing in it. */
function emptyLog(database: DatabaseSync): void {
  try {
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // A full disk, or a transaction that goes on: what has ended stays so, and the next one empties it.
  }
}

function parse(value: unknown): JournaledOperation {
  const row = rowSchema.parse(value);
  return {
    id: row.id,
    kind: row.kind,
    input: row.input === null ? null : JSON.parse(row.input),
    state: row.state,
    deadlineAt: row.deadline_at,
    outcome: row.outcome === null ? null : JSON.parse(row.outcome),
    phases: row.phases === null ? [] : phasesSchema.parse(JSON.parse(row.phases)),
  };
}
