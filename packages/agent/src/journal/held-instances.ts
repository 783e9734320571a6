/**
 * Instances that stay stopped, whatever happens to the agent or to Docker: their data are being looked after, by an
 * upgrade say. Nobody starts or mends one until an operation ends the hold.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";

export class HeldInstances {
  readonly #hold: StatementSync;
  readonly #has: StatementSync;
  readonly #release: StatementSync;

  constructor(database: DatabaseSync) {
    this.#hold = database.prepare("INSERT OR IGNORE INTO held_instances (instance) VALUES (?)");
    this.#has = database.prepare("SELECT 1 FROM held_instances WHERE instance = ?");
    this.#release = database.prepare("DELETE FROM held_instances WHERE instance = ?");
  }

  hold(instance: string): void {
    this.#hold.run(instance);
  }

  has(instance: string): boolean {
    return this.#has.get(instance) !== undefined;
  }

  release(instance: string): void {
    this.#release.run(instance);
  }
}
