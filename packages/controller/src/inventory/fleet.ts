import { now } from "./columns.ts";
import type { Queryable } from "./database.ts";

/** A fleet file that was applied. The newest is the desired state. */
export interface FleetRevision {
  id: number;
  file: string;
  yaml: string;
  account: string;
  createdAt: string;
}

/** Revisions kept, to see what was applied when. */
const maxRevisions = 200;

export async function currentFleet(database: Queryable): Promise<FleetRevision | null> {
  const row = await database.selectFrom("fleetRevisions").selectAll().orderBy("id", "desc").limit(1).executeTakeFirst();
  return row ?? null;
}

export async function listFleetRevisions(database: Queryable, limit = 50): Promise<FleetRevision[]> {
  return database.selectFrom("fleetRevisions").selectAll().orderBy("id", "desc").limit(limit).execute();
}

/** Makes the text the desired state. The text that already is gives the revision that holds it. */
export async function saveFleet(
  database: Queryable,
  revision: Pick<FleetRevision, "file" | "yaml" | "account">,
): Promise<FleetRevision> {
  const current = await currentFleet(database);
  if (current !== null && current.yaml === revision.yaml && current.file === revision.file) return current;
  const saved = await database
    .insertInto("fleetRevisions")
    .values({ ...revision, createdAt: now() })
    .returningAll()
    .executeTakeFirstOrThrow();
  await database
    .deleteFrom("fleetRevisions")
    .where("id", "<=", saved.id - maxRevisions)
    .execute();
  return saved;
}
