/** Whether a server's disk takes another copy of a database. All tenants share it: it must never be filled by one. */
import { BerthError } from "@berth/shared/errors";
import { formatSize } from "@berth/shared/fleet/units";
import type { ClientBase } from "pg";

/** What has to be left for everybody else. */
const reserveBytes = 512 * 1024 * 1024;

/** Throws `disk.full` when too little would be left; does nothing where the server does not tell. */
export async function requireRoom(
  client: ClientBase,
  { database, bytes }: { database: string; bytes: number },
): Promise<void> {
  const available = await availableBytes(client);
  if (available === null || available >= bytes + reserveBytes) return;
  const needed = formatSize(Math.ceil(bytes / reserveUnit) * reserveUnit);
  const there = formatSize(Math.floor(available / reserveUnit) * reserveUnit);
  throw new BerthError(
    "disk.full",
    `A copy of database ${database} takes ${needed} on PostgreSQL's disk, where ${there} are left of which ${formatSize(reserveBytes)} stay free`,
    { hint: "Enlarge the disk of the node that runs shared-postgres, or remove what is not needed there." },
  );
}

/** Sizes are told in whole MiB. */
const reserveUnit = 1024 * 1024;

/** PostgreSQL cannot be asked; the system that it runs on can, by its superuser. null: it does not tell. */
export async function availableBytes(client: ClientBase): Promise<number | null> {
  await client.query("begin");
  try {
    const { rows } = await client.query<{ directory: string }>("select current_setting('data_directory') as directory");
    const directory = rows[0]?.directory ?? "";
    if (!/^[\w./-]+$/.test(directory)) return null;
    await client.query("create temporary table berth_df (line text) on commit drop");
    await client.query(`copy berth_df from program 'df -Pk ${directory}' with (format csv, delimiter e'\\x01')`);
    const lines = await client.query<{ line: string }>("select line from berth_df");
    const kibibytes = /^\S.*?\s+\d+\s+\d+\s+(\d+)\s+\d+%\s/.exec(lines.rows[1]?.line ?? "")?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  } catch {
    return null;
  } finally {
    await client.query("rollback");
  }
}
