/** How far the checkpoint of each instance is: copies of its volumes, made while it was stopped. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type InstanceSpec, instanceSpecSchema } from "@berth/shared/operations/instance-spec";
import * as z from "zod";

/**
 * copying: not to be used. complete: on the disk as a whole. restoring: being put back, volume by volume. restored: the
 * copies are the volumes now, and there are none any more.
 */
const stateSchema = z.enum(["copying", "complete", "restoring", "restored"]);

export interface Checkpoint {
  upgrade: string;
  /** Docker volumes that it is of. */
  volumes: string[];
  state: z.output<typeof stateSchema>;
  /** Size of the copies. */
  bytes: number;
  /** ISO 8601: when the instance began to stop for it. */
  stoppedAt: string;
  /** What the node was held to then, to hold it to again; null: nothing. */
  spec: InstanceSpec | null;
}

const rowSchema = z.object({
  upgrade: z.string(),
  volumes: z.string(),
  state: stateSchema,
  bytes: z.number(),
  stopped_at: z.string(),
  spec: z.string().nullable(),
});
const volumesSchema = z.array(z.string());

export class Checkpoints {
  readonly #set: StatementSync;
  readonly #get: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync) {
    this.#set = database.prepare(
      `INSERT OR REPLACE INTO checkpoints (instance, upgrade, volumes, state, bytes, stopped_at, spec)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#get = database.prepare(
      "SELECT upgrade, volumes, state, bytes, stopped_at, spec FROM checkpoints WHERE instance = ?",
    );
    this.#remove = database.prepare("DELETE FROM checkpoints WHERE instance = ?");
  }

  set(instance: string, { upgrade, volumes, state, bytes, stoppedAt, spec }: Checkpoint): void {
    const text = spec === null ? null : JSON.stringify(spec);
    this.#set.run(instance, upgrade, JSON.stringify(volumes), state, bytes, stoppedAt, text);
  }

  get(instance: string): Checkpoint | undefined {
    const row = this.#get.get(instance);
    if (row === undefined) return undefined;
    const { upgrade, volumes, state, bytes, stopped_at: stoppedAt, spec } = rowSchema.parse(row);
    return {
      upgrade,
      volumes: volumesSchema.parse(JSON.parse(volumes)),
      state,
      bytes,
      stoppedAt,
      spec: spec === null ? null : instanceSpecSchema.parse(JSON.parse(spec)),
    };
  }

  remove(instance: string): void {
    this.#remove.run(instance);
  }
}
