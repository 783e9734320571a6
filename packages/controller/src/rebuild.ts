/** A lost controller, rebuilt on a machine where none runs: from a file, a stream, a directory or an S3 store. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { Readable } from "node:stream";
import { BerthError } from "@berth/shared/errors";
import type { Secret } from "@berth/shared/secret";
import { chooseArchive } from "./recovery/choose-archive.ts";
import { directoryStore } from "./recovery/directory-store.ts";
import { rebuild, type Rebuilt } from "./recovery/rebuild.ts";
import { s3Store } from "./recovery/s3-store.ts";
import { archiveOf } from "./recovery/records.ts";
import type { ArchiveStore } from "./recovery/store.ts";

export type { Rebuilt } from "./recovery/rebuild.ts";

/** Where an S3 store is and what opens it. */
export interface S3Access {
  endpoint: string;
  region: string | undefined;
  caFile: string | undefined;
  accessKey: Secret;
  secretKey: Secret;
}

export type RebuildSource =
  | { stream: Readable }
  /** An archive, or the directory that holds archives. */
  | { path: string }
  /** s3://BUCKET/FLEET/controller, or one of the archives there. */
  | ({ url: string } & S3Access);

export interface RebuildRequest {
  source: RebuildSource;
  /** ISO 8601: the newest of this time or before; null: the newest. */
  at: string | null;
  identity: Secret;
  stateDirectory: string;
  configurationDirectory: string;
  force: boolean;
}

/** Reading and looking through a backup of a few hundred MB over a slow line. */
const deadlineMilliseconds = 30 * 60_000;

export async function rebuildController({ source, at, ...options }: RebuildRequest): Promise<Rebuilt> {
  const sealed = await openSource(source, at);
  return rebuild({ ...options, sealed });
}

async function openSource(source: RebuildSource, at: string | null): Promise<Readable> {
  if ("stream" in source) return source.stream;
  if ("url" in source) return openFromStore(...(await s3Of(source)), at);
  const path = resolve(source.path);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new BerthError("not-found", `There is no '${source.path}'`);
  if (found.isDirectory()) return openFromStore(directoryStore(path, []), null, at);
  return createReadStream(path);
}

async function s3Of({ url, caFile, ...access }: { url: string } & S3Access): Promise<[ArchiveStore, string | null]> {
  const [, bucket, path = ""] = /^s3:\/\/([^/]+)\/(.*[^/])\/*$/.exec(url) ?? [];
  if (bucket === undefined) {
    throw new BerthError("request.invalid", `'${url}' is not s3://BUCKET/FLEET/controller`);
  }
  const name = archiveOf(basename(path)) === null ? null : basename(path);
  const folder = name === null ? path : dirname(path);
  const ca = caFile === undefined ? null : await readFile(caFile, "utf8");
  return [s3Store({ ...access, bucket, ca }, folder.split("/")), name];
}

async function openFromStore(store: ArchiveStore, name: string | null, at: string | null): Promise<Readable> {
  const chosen = name ?? chooseArchive(await store.list(), at, store.place, Date.now());
  return store.get(chosen, AbortSignal.timeout(deadlineMilliseconds));
}
