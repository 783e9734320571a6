/** A lost controller, rebuilt on a machine where none runs: from a file, a stream, a directory, an S3 store or an SFTP server. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import type { Readable } from "node:stream";
import { BerthError } from "@berth/shared/errors";
import { sftpTargetSchema } from "@berth/shared/fleet/backup-target";
import type { Secret } from "@berth/shared/secret";
import { chooseArchive } from "./recovery/choose-archive.ts";
import { directoryStore } from "./recovery/directory-store.ts";
import { rebuild, type Rebuilt } from "./recovery/rebuild.ts";
import { s3Store } from "./recovery/s3-store.ts";
import { sftpStore } from "./recovery/sftp-store.ts";
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

/** What opens an SFTP server, and what it must prove. */
export interface SftpLogin {
  /** As in a fleet file: ssh-ed25519 AAAA… */
  hostKey: string;
  privateKey: Secret;
}

export type RebuildSource =
  | { stream: Readable }
  /** An archive, or the directory that holds archives. */
  | { path: string }
  /** s3://BUCKET/FLEET/controller, or one of the archives there. */
  | ({ url: string } & S3Access)
  /** sftp://USER@HOST[:PORT]/PATH/FLEET/controller, or one of the archives there. */
  | ({ sftp: string } & SftpLogin);

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
  if ("sftp" in source) return openFromStore(...sftpOf(source), at);
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
  const { name, folder } = archiveIn(path);
  const ca = caFile === undefined ? null : await readFile(caFile, "utf8");
  return [s3Store({ ...access, bucket, ca }, folder.split("/")), name];
}

function sftpOf({ sftp: url, hostKey, privateKey }: { sftp: string } & SftpLogin): [ArchiveStore, string | null] {
  // As Berth names the place, or as restic does, with two slashes before the path.
  const [, user, host, port, path = ""] = /^sftp:\/\/([^@/]+)@([^:/]+)(?::(\d+))?\/*(\/.*[^/])\/*$/.exec(url) ?? [];
  if (user === undefined) {
    throw new BerthError("request.invalid", `'${url}' is not sftp://USER@HOST/PATH/FLEET/controller`);
  }
  const { name, folder } = archiveIn(path);
  const given = { user, host, path: folder, hostKey, ...(port === undefined ? {} : { port: Number(port) }) };
  const target = sftpTargetSchema.safeParse(given);
  if (!target.success) {
    const [{ path: where = [], message } = {}] = target.error.issues;
    throw new BerthError("request.invalid", `The ${where.join(".")} of the SFTP server ${message}`);
  }
  return [sftpStore({ ...target.data, privateKey }, []), name];
}

/** `name` is null for the folder of archives itself. */
function archiveIn(path: string): { name: string | null; folder: string } {
  const name = archiveOf(basename(path)) === null ? null : basename(path);
  return { name, folder: name === null ? path : dirname(path) };
}

async function openFromStore(store: ArchiveStore, name: string | null, at: string | null): Promise<Readable> {
  const chosen = name ?? chooseArchive(await store.list(), at, store.place, Date.now());
  return store.get(chosen, AbortSignal.timeout(deadlineMilliseconds));
}
