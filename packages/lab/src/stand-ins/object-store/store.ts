import { Blobs, type StoredBlob } from "./blobs.ts";
import { Buckets } from "./buckets.ts";
import { Database } from "./database.ts";
import { Identities, type Root } from "./identities.ts";
import { Uploads } from "./uploads.ts";
import { Versions } from "./versions.ts";

/** Everything that is kept. */
export interface Store {
  buckets: Buckets;
  versions: Versions;
  uploads: Uploads;
  blobs: Blobs;
  identities: Identities;
  /** Milliseconds since 1970. */
  now: () => number;
  close: () => void;
}

/** Opens a data folder, as an earlier process has left it. */
export async function openStore(dataDirectory: string, root: Root): Promise<Store> {
  const database = new Database(dataDirectory);
  const blobs = new Blobs(dataDirectory);
  const used = usedBlobs(database);
  await blobs.sweep((id) => used.has(id));
  return {
    buckets: new Buckets(database),
    versions: new Versions(database),
    uploads: new Uploads(database),
    blobs,
    identities: new Identities(database, root),
    now: Date.now,
    close: () => database.close(),
  };
}

function usedBlobs(database: Database): Set<string> {
  const used = new Set<string>();
  for (const { blobs } of database.each("SELECT blobs FROM version")) {
    const stored: StoredBlob[] = JSON.parse(String(blobs));
    for (const { id } of stored) used.add(id);
  }
  for (const { blob } of database.each("SELECT blob FROM part")) used.add(String(blob));
  return used;
}
