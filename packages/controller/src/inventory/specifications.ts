/** What instances are made of, by hash: tells afterwards what a change changes. Secrets stand as references. */
import { instanceSpecSchema, type InstanceSpec } from "@berth/shared/operations/instance-spec";
import { decode, encode } from "./columns.ts";
import type { Queryable } from "./database.ts";

export async function listSpecifications(database: Queryable): Promise<Map<string, InstanceSpec>> {
  const rows = await database.selectFrom("specifications").selectAll().execute();
  return new Map(
    rows.map(({ hash, specification }) => [hash, decode(instanceSpecSchema, specification, `specification ${hash}`)]),
  );
}

/** Keeps it beside the one that its instance was seen with last; older ones go. */
export async function putSpecification(database: Queryable, specification: InstanceSpec): Promise<void> {
  const { hash, instance } = specification;
  await database
    .insertInto("specifications")
    .values({ hash, instance, specification: encode(specification) })
    .onConflict((conflict) => conflict.column("hash").doNothing())
    .execute();
  await database
    .deleteFrom("specifications")
    .where("instance", "=", instance)
    .where("hash", "!=", hash)
    .where("hash", "not in", (query) =>
      query
        .selectFrom("instances")
        .select("observedHash")
        .where("name", "=", instance)
        .where("observedHash", "is not", null)
        .$castTo<{ observedHash: string }>(),
    )
    .execute();
}
