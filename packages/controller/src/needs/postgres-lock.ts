import type { ClientBase } from "pg";

/** Two of these at once would trip over each other's catalog rows; the lock is the server's and ends with the session. */
const lockQuery = "select pg_advisory_lock(hashtext('berth database.ensure'))";
const unlockQuery = "select pg_advisory_unlock(hashtext('berth database.ensure'))";

/** Does work that changes roles or rules of a server while nobody else does. `client` is connected to `postgres`. */
export async function locked<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query(lockQuery);
  try {
    return await work();
  } finally {
    await client.query(unlockQuery);
  }
}
