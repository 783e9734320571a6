/** When schedules last looked for what there was to do. Runs tell of it as well, but old ones are dropped. */
import { now } from "./columns.ts";
import type { Queryable } from "./database.ts";

/** null: never. */
export async function lastLook(database: Queryable, schedule: string): Promise<string | null> {
  const row = await database.selectFrom("looks").select("at").where("schedule", "=", schedule).executeTakeFirst();
  return row?.at ?? null;
}

export async function recordLook(database: Queryable, schedule: string): Promise<void> {
  const at = now();
  await database
    .insertInto("looks")
    .values({ schedule, at })
    .onConflict((conflict) => conflict.column("schedule").doUpdateSet({ at }))
    .execute();
}
