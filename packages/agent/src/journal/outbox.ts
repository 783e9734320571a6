/** Events until the controller has stored them. Sequences rise by one and are never used again. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type AgentEvent, agentEventSchema } from "@berth/shared/protocol/events";
import * as z from "zod";

const maxStoredEvents = 10_000;

const rowSchema = z.object({ sequence: z.number(), at: z.number(), body: z.string() });

export class Outbox {
  readonly #insert: StatementSync;
  readonly #after: StatementSync;
  readonly #remove: StatementSync;
  readonly #bound: StatementSync;
  readonly #raise: StatementSync;
  readonly #limit: number;

  constructor(database: DatabaseSync, limit: number = maxStoredEvents) {
    this.#limit = limit;
    this.#insert = database.prepare("INSERT INTO events (at, body) VALUES (?, ?)");
    this.#after = database.prepare("SELECT * FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?");
    this.#remove = database.prepare("DELETE FROM events WHERE sequence <= ?");
    this.#bound = database.prepare("DELETE FROM events WHERE sequence <= ?");
    this.#raise = database.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'events'");
    // AUTOINCREMENT makes its row with the first insert; raising the counter needs it from the start.
    database.exec(
      "INSERT INTO sqlite_sequence (name, seq) SELECT 'events', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'events')",
    );
  }

  /** Stores the event and gives it its sequence; beyond the bound the oldest go. */
  add(body: AgentEvent["body"], at: number = Date.now()): AgentEvent {
    const sequence = Number(this.#insert.run(at, JSON.stringify(body)).lastInsertRowid);
    this.#bound.run(sequence - this.#limit);
    return { sequence, at, body };
  }

  /** Events after `sequence`, oldest first, at most `limit`. */
  after(sequence: number, limit: number): AgentEvent[] {
    return this.#after.all(sequence, limit).map((value) => {
      const row = rowSchema.parse(value);
      return agentEventSchema.parse({ ...row, body: JSON.parse(row.body) });
    });
  }

  acknowledge(sequence: number): void {
    this.#remove.run(sequence);
  }

  /** A controller that knows higher sequences than this journal (it was lost): number on from there. */
  continueAfter(sequence: number): void {
    this.#raise.run(sequence);
  }
}
