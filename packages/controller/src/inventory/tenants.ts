import { now } from "./columns.ts";
import type { Queryable } from "./database.ts";

export interface TenantRecord {
  name: string;
  node: string;
  createdAt: string;
}

export async function listTenants(database: Queryable): Promise<TenantRecord[]> {
  return database.selectFrom("tenants").selectAll().orderBy("name").execute();
}

/** When the tenant was taken in; null: there is none of this name. */
export async function tenantSince(database: Queryable, name: string): Promise<string | null> {
  const row = await database.selectFrom("tenants").select("createdAt").where("name", "=", name).executeTakeFirst();
  return row?.createdAt ?? null;
}

export async function putTenant(database: Queryable, tenant: Pick<TenantRecord, "name" | "node">): Promise<void> {
  await database
    .insertInto("tenants")
    .values({ ...tenant, createdAt: now() })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ node: tenant.node }))
    .execute();
}

export async function removeTenant(database: Queryable, name: string): Promise<boolean> {
  const { numDeletedRows } = await database.deleteFrom("tenants").where("name", "=", name).executeTakeFirst();
  return numDeletedRows > 0n;
}
