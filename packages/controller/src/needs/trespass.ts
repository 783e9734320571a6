/** What an owner's credentials open of others: tried as the owner would. Nothing is ever written. */
import { BerthError, toBerthError } from "@berth/shared/errors";
import { Client, DatabaseError } from "pg";
import { type ObjectStore, openClient, refusalCode } from "./minio-client.ts";

const connectMilliseconds = 5000;

/** Refused by pg_hba, by the privileges of the database, by the password: in each case not admitted. */
const refusals = new Set(["28000", "42501", "28P01"]);

/** Whether a role is let into a database. Throws `store.failed` when the server does not answer. */
export async function opensDatabase(
  server: { address: string; port: number },
  { database, role, password }: { database: string; role: string; password: string },
): Promise<boolean> {
  const client = new Client({
    host: server.address,
    port: server.port,
    database,
    user: role,
    password,
    connectionTimeoutMillis: connectMilliseconds,
  });
  try {
    await client.connect();
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && refusals.has(error.code ?? "")) return false;
    throw failed(`PostgreSQL at ${server.address}:${server.port}`, error);
  } finally {
    await client.end();
  }
}

/** Whether a token may look at a collection. */
export async function opensCollection(
  server: { address: string; port: number },
  { collection, token }: { collection: string; token: string },
): Promise<boolean> {
  const where = `Qdrant at ${server.address}:${server.port}`;
  const url = `http://${server.address}:${server.port}/collections/${encodeURIComponent(collection)}`;
  try {
    const answer = await fetch(url, {
      headers: { "api-key": token },
      signal: AbortSignal.timeout(connectMilliseconds),
    });
    await answer.body?.cancel();
    if (answer.status === 401 || answer.status === 403) return false;
    if (answer.ok) return true;
    throw new BerthError("store.failed", `${where} answered with ${answer.status}`);
  } catch (error) {
    throw failed(where, error);
  }
}

/** Whether an access key may list a bucket. */
export async function opensBucket(
  store: ObjectStore,
  { bucket, ...credentials }: { bucket: string; accessKey: string; secretKey: string },
): Promise<boolean> {
  try {
    for await (const _ of openClient(store, credentials).listObjectsV2(bucket)) break;
    return true;
  } catch (error) {
    if (refusalCode(error) === "AccessDenied") return false;
    throw failed(`The object store at ${store.endpoint.address}:${store.endpoint.port}`, error);
  }
}

function failed(where: string, error: unknown): BerthError {
  if (error instanceof BerthError) return error;
  return new BerthError("store.failed", `${where}: ${toBerthError(error).message}`, { cause: error });
}
