/** Rows about alerts. Times are ISO 8601 in UTC, JSON is text. */
import type { Generated } from "kysely";

export interface AlertsTable {
  id: string;
  key: string;
  /** null: it is active. */
  endedAt: string | null;
  state: string;
}

export interface AlertSilencesTable {
  id: Generated<number>;
  matchers: string;
  comment: string;
  account: string;
  createdAt: string;
  endsAt: string;
}

export interface AlertMessagesTable {
  id: string;
  receiver: string;
  message: string;
  createdAt: string;
  attempts: number;
  /** null: it is delivered, or given up. */
  nextAttemptAt: string | null;
  deliveredAt: string | null;
  /** Why the last attempt failed. */
  error: string | null;
}
