/** Rows of the runs room. Times are ISO 8601 in UTC, JSON is text. */
import type { Generated } from "kysely";

export interface RunsTable {
  id: Generated<number>;
  kind: string;
  account: string;
  state: string;
  createdAt: string;
  endedAt: string | null;
  /** Set before anything is cancelled, so that a controller killed meanwhile goes on cancelling. */
  cancelRequestedAt: string | null;
}

export interface StepsTable {
  runId: number;
  /** Place in the plan, from 0. */
  position: number;
  /** The operation's id in the plan: `instance.ensure/user1-n8n`. */
  id: string;
  /** UUID under which it is carried out; the same over attempts, restarts and resumption. */
  operationId: string;
  kind: string;
  node: string | null;
  target: string;
  change: string;
  reason: string;
  after: string;
  input: string;
  state: string;
  attempt: number;
  startedAt: string | null;
  endedAt: string | null;
  progress: string | null;
  phases: string | null;
  error: string | null;
  result: string | null;
}

export interface StepLogsTable {
  runId: number;
  sequence: number;
  at: string;
  step: string;
  line: string;
}
