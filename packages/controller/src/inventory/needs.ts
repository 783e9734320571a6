import type { Selectable } from "kysely";
import * as z from "zod";
import { check, decode, encode, now } from "./columns.ts";
import type { Queryable } from "./database.ts";
import type { NeedsTable } from "./tables/fleet.ts";

const needStateSchema = z.enum(["missing", "present", "unknown"]);
const specificationSchema = z.record(z.string(), z.unknown());

export type NeedState = z.output<typeof needStateSchema>;

/** What an instance must have elsewhere: a database, a collection, a bucket. Known by kind and name. */
export interface NeedRecord {
  kind: string;
  name: string;
  /** Instance that has the need. */
  instance: string;
  /** Instance of the store that fulfils it. */
  server: string;
  specification: Record<string, unknown>;
  state: NeedState;
  checkedAt: string | null;
}

export async function listNeeds(database: Queryable, instance?: string): Promise<NeedRecord[]> {
  let query = database.selectFrom("needs").selectAll().orderBy("kind").orderBy("name");
  if (instance !== undefined) query = query.where("instance", "=", instance);
  return (await query.execute()).map(toRecord);
}

export async function putNeed(database: Queryable, need: Omit<NeedRecord, "state" | "checkedAt">): Promise<void> {
  const { kind, name, ...rest } = need;
  const columns = { ...rest, specification: encode(need.specification) };
  await database
    .insertInto("needs")
    .values({ kind, name, ...columns, state: "unknown", checkedAt: null })
    .onConflict((conflict) => conflict.columns(["kind", "name"]).doUpdateSet(columns))
    .execute();
}

export async function setNeedState(
  database: Queryable,
  need: Pick<NeedRecord, "kind" | "name" | "state">,
): Promise<void> {
  await database
    .updateTable("needs")
    .set({ state: need.state, checkedAt: now() })
    .where("kind", "=", need.kind)
    .where("name", "=", need.name)
    .execute();
}

export async function removeNeed(database: Queryable, need: Pick<NeedRecord, "kind" | "name">): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom("needs")
    .where("kind", "=", need.kind)
    .where("name", "=", need.name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

function toRecord(row: Selectable<NeedsTable>): NeedRecord {
  const what = `need ${row.kind} ${row.name}`;
  return {
    ...row,
    specification: decode(specificationSchema, row.specification, what),
    state: check(needStateSchema, row.state, what),
  };
}
