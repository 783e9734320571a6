/** A text left in each kind of store of a tenant, by which a test sees of when its data are. */
import * as z from "zod";
import { runOnStores } from "./everything.ts";
import type { TestFleet } from "./fixture.ts";

/** null: there is none. */
export interface Marks {
  /** In the volume of its Open WebUI. */
  file: string | null;
  /** In the database of its n8n. */
  row: string | null;
  /** In its bucket. */
  object: string | null;
  /** In a collection of its Open WebUI. */
  point: string | null;
}

const file = "/app/backend/data/kept mark.txt";
const foundSchema = z.object({ object: z.string().nullable(), point: z.string().nullable() });

export function allMarks(mark: string): Marks {
  return { file: mark, row: mark, object: mark, point: mark };
}

export async function leaveMarks(fleet: TestFleet, tenant: string, mark: string): Promise<void> {
  const guest = await fleet.guest(tenant);
  await guest.run(["docker", "exec", `${tenant}-openwebui`, "sh", "-c", `printf %s ${mark} > '${file}'`]);
  await psql(fleet, tenant, `drop table if exists mark; create table mark as select '${mark}'::text as mark`);
  await runOnStores(fleet, await fleet.guest("shared"), "mark-stores.ts", { ...storesOf(tenant), mark });
}

export async function readMarks(fleet: TestFleet, tenant: string): Promise<Marks> {
  const guest = await fleet.guest(tenant);
  const { exitCode, stdout } = await guest.try(["docker", "exec", `${tenant}-openwebui`, "cat", file]);
  const stores = { ...storesOf(tenant), mark: null };
  const found = await runOnStores(fleet, await fleet.guest("shared"), "mark-stores.ts", stores);
  return {
    file: exitCode === 0 ? stdout : null,
    row: (await psql(fleet, tenant, "select mark from mark")).trim(),
    ...foundSchema.parse(JSON.parse(found)),
  };
}

function storesOf(tenant: string) {
  return { bucket: `${tenant}-uploads`, collection: `${tenant}_openwebui_documents` };
}

/** As the instance itself: the table is its own, as all that it makes. */
function psql(fleet: TestFleet, tenant: string, statement: string): Promise<string> {
  const asOwner = `set role ${tenant}_n8n; ${statement}`;
  const client = ["psql", "-U", "postgres", "-d", `${tenant}_n8n`, "-qAtc", asOwner];
  return fleet.succeed(["exec", "shared-postgres", "--", ...client]);
}
