/** Instances that an operation has stopped for a while and must start again, also when the agent was killed meanwhile. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import * as z from "zod";

const rowSchema = z.object({ containers: z.string() });
const idsSchema = z.array(z.string());

export class StoppedInstances {
  readonly #set: StatementSync;
  readonly #get: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync) {
    this.#set = database.prepare("INSERT OR REPLACE INTO stopped_instances (instance, containers) VALUES (?, ?)");
    this.#get = database.prepare("SELECT containers FROM stopped_instances WHERE instance = ?");
    this.#remove = database.prepare("DELETE FROM stopped_instances WHERE instance = ?");
  }

  /** Before the first of them stops. `containers`: ids of those that ran, in the order in which they start. */
  set(instance: string, containers: readonly string[]): void {
    this.#set.run(instance, JSON.stringify(containers));
  }

  /** None: nothing has stopped it. */
  get(instance: string): string[] {
    const row = this.#get.get(instance);
    return row === undefined ? [] : idsSchema.parse(JSON.parse(rowSchema.parse(row).containers));
  }

  /** They run again. */
  remove(instance: string): void {
    this.#remove.run(instance);
  }
}
