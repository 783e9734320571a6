/**
 * The node's last desired state: the specification of each instance it was told to run. `proven` is the last one that
 * became healthy; when a new one fails and the old containers come back, it is the desired one again.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type InstanceSpec, instanceSpecSchema } from "@berth/shared/operations/instance-spec";
import * as z from "zod";

const rowSchema = z.object({ spec: z.string(), proven: z.string().nullable() });

export class DesiredState {
  readonly #set: StatementSync;
  readonly #get: StatementSync;
  readonly #all: StatementSync;
  readonly #prove: StatementSync;
  readonly #revert: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync) {
    this.#set = database.prepare(
      `INSERT INTO desired_instances (instance, spec) VALUES (?, ?)
       ON CONFLICT (instance) DO UPDATE SET spec = excluded.spec`,
    );
    this.#get = database.prepare("SELECT spec, proven FROM desired_instances WHERE instance = ?");
    this.#all = database.prepare("SELECT spec, proven FROM desired_instances ORDER BY instance");
    this.#prove = database.prepare("UPDATE desired_instances SET proven = spec WHERE instance = ?");
    this.#revert = database.prepare(
      "UPDATE desired_instances SET spec = proven WHERE instance = ? AND proven IS NOT NULL",
    );
    this.#remove = database.prepare("DELETE FROM desired_instances WHERE instance = ?");
  }

  set(spec: InstanceSpec): void {
    this.#set.run(spec.instance, JSON.stringify(spec));
  }

  get(instance: string): InstanceSpec | undefined {
    const row = this.#get.get(instance);
    return row === undefined ? undefined : parse(row);
  }

  all(): InstanceSpec[] {
    return this.#all.all().map(parse);
  }

  /** The specification to hold the node to: the last one that became healthy. */
  proven(instance: string): InstanceSpec | undefined {
    const row = this.#get.get(instance);
    if (row === undefined) return undefined;
    const { proven } = rowSchema.parse(row);
    return proven === null ? undefined : instanceSpecSchema.parse(JSON.parse(proven));
  }

  /** The present specification became healthy: the one to come back to. */
  prove(instance: string): void {
    this.#prove.run(instance);
  }

  /** The present specification failed and the former containers run again. */
  revert(instance: string): void {
    this.#revert.run(instance);
  }

  remove(instance: string): void {
    this.#remove.run(instance);
  }
}

function parse(value: unknown): InstanceSpec {
  return instanceSpecSchema.parse(JSON.parse(rowSchema.parse(value).spec));
}
