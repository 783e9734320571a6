import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { Queryable } from "../inventory/database.ts";
import { getInstance } from "../inventory/instances.ts";
import { listSpecifications } from "../inventory/specifications.ts";

/** What an instance was last seen to run as. null: it does not run, or not as anything that is on record. */
export async function runningSpecification(database: Queryable, instance: string): Promise<InstanceSpec | null> {
  const hash = (await getInstance(database, instance))?.observedHash ?? null;
  return hash === null ? null : ((await listSpecifications(database)).get(hash) ?? null);
}
