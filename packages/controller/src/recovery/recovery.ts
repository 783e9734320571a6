/** Backs the controller itself up: to the fleet's backup target, or into whatever reads the archive. */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import type { ControllerBackup, RecoveryKey } from "@berth/shared/api/recovery";
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { Backups, Fleet } from "@berth/shared/fleet/schema";
import pLimit from "p-limit";
import { backupId } from "../backups/backup-id.ts";
import { requireBackups } from "../backups/repository.ts";
import type { Inventory } from "../inventory/database.ts";
import { recordEvent } from "../inventory/events.ts";
import {
  failUnfinishedBackups,
  listControllerBackups,
  putControllerBackup,
  removeControllerBackup,
} from "../inventory/recovery.ts";
import type { Secrets } from "../secrets/open.ts";
import { withState } from "./check-state.ts";
import { gatherArchive, makeScratch, removeScratch, type ControllerFiles } from "./contents.ts";
import { openStore } from "./open-store.ts";
import { archiveOf, expendableIds, fileNameOf, warningsOf } from "./records.ts";
import { createRecoveryKeys, type RecoveryKeys } from "./recovery-key.ts";
import { sftpPlace } from "./sftp-store.ts";
import { controllerOwner, type ArchiveStore } from "./store.ts";
import { unpackArchive } from "./unpack.ts";

export interface Recovery {
  keys: RecoveryKeys;
  list: () => Promise<{
    place: string | null;
    backups: ControllerBackup[];
    recoveryKey: RecoveryKey | null;
    warnings: string[];
  }>;
  /** Ends when the backup was read back and opened. Throws what keeps it from being made; that is recorded as well. */
  create: (reason: ControllerBackup["reason"]) => Promise<ControllerBackup>;
  /** The archive itself, for whoever asked for it; it is no backup of the list. */
  archive: (account: string) => Promise<{ name: string; content: Readable }>;
  /** Ends when nothing is being made any more. */
  close: () => Promise<void>;
}

export interface RecoveryDependencies {
  inventory: Inventory;
  secrets: Pick<Secrets, "put" | "reveal" | "version" | "withKey">;
  /** null: no fleet file was applied yet. */
  fleet: () => Promise<Fleet | null>;
  files: ControllerFiles;
  version: string;
  /** Arguments of `berth serve`, for the machine that takes this one's place. */
  serveArguments: readonly string[];
  /** How long a backup may take, in milliseconds. */
  deadlineMilliseconds?: number;
}

const defaultDeadlineMilliseconds = 15 * 60_000;

/** Ends what a controller that was killed has left half done. */
export async function openRecovery(dependencies: RecoveryDependencies): Promise<Recovery> {
  const { inventory, secrets, files } = dependencies;
  const { database } = inventory;
  const keys = createRecoveryKeys({ inventory, secrets });
  // One after the other: each removes what is no longer kept.
  const serialize = pLimit(1);
  const closing = new AbortController();
  await removeScratch(files.stateDirectory);
  await failUnfinishedBackups(database, "The controller ended before it was made");

  async function gather(
    id: string,
    createdAt: string,
    fleet: Fleet | null,
  ): Promise<{ content: Readable; keyVersion: number }> {
    const { recipient, version } = await keys.ensure();
    const about = {
      ...{ id, createdAt, berth: dependencies.version, fleet: fleet?.fleet ?? null },
      address: fleet === null ? null : `${fleet.controller.address}:${fleet.controller.port}`,
      serve: [...dependencies.serveArguments],
    };
    const content = await gatherArchive(about, fleet, recipient, { files, inventory, secrets });
    return { content, keyVersion: version };
  }

  function newId(at: Date): string {
    // One is made at a time: the milliseconds keep two of one second apart, and in their order.
    return backupId(controllerOwner, at, at.getMilliseconds().toString(16).padStart(4, "0"));
  }

  async function make(reason: ControllerBackup["reason"]): Promise<ControllerBackup> {
    const fleet = await dependencies.fleet();
    if (fleet === null) throw noTarget();
    const { keep, timeZone } = requireBackups(fleet);
    const at = new Date();
    const begun: ControllerBackup = {
      ...{ id: newId(at), createdAt: at.toISOString(), endedAt: null, state: "running", reason },
      ...{ keyVersion: (await keys.ensure()).version, bytes: null, error: null },
    };
    await putControllerBackup(database, begun);
    try {
      const store = await openStore(fleet, { secrets, configurationDirectory: files.configurationDirectory });
      const ended = await putAndProve(begun, fleet, store);
      await putControllerBackup(database, ended);
      await prune(store, { keep, timeZone });
      return ended;
    } catch (error) {
      const { message } = toBerthError(error);
      const stored = (await listControllerBackups(database)).find(({ id }) => id === begun.id);
      // What came to be and could not be tidied up after is a backup all the same.
      if (stored?.state === "complete") throw error;
      await putControllerBackup(database, {
        ...begun,
        endedAt: new Date().toISOString(),
        state: "failed",
        error: message,
      });
      await recordEvent(database, {
        kind: "controller-backup.failed",
        message: `The backup of the controller failed: ${message}`,
        data: { backup: begun.id },
      });
      throw error;
    }
  }

  async function putAndProve(begun: ControllerBackup, fleet: Fleet, store: ArchiveStore): Promise<ControllerBackup> {
    const name = fileNameOf(begun.id);
    const deadline = AbortSignal.timeout(dependencies.deadlineMilliseconds ?? defaultDeadlineMilliseconds);
    const signal = AbortSignal.any([deadline, closing.signal]);
    const { content, keyVersion } = await gather(begun.id, begun.createdAt, fleet);
    const measured = measure();
    content.once("error", (error) => measured.stream.destroy(error));
    content.pipe(measured.stream);
    try {
      await store.put(name, measured.stream, signal);
    } finally {
      content.destroy();
    }
    const { bytes, hash } = measured.result();
    try {
      await prove(await store.get(name, signal), hash, keyVersion);
    } catch (error) {
      await store.remove(name).catch(() => undefined);
      throw error;
    }
    return { ...begun, endedAt: new Date().toISOString(), state: "complete", keyVersion, bytes };
  }

  /** What came back from the target is what was sent, opens, and is a controller's state. */
  async function prove(sealed: Readable, hash: string, keyVersion: number): Promise<void> {
    const scratch = await makeScratch(files.stateDirectory);
    try {
      const measured = measure();
      sealed.once("error", (error) => measured.stream.destroy(error));
      await unpackArchive(sealed.pipe(measured.stream), keys.identity(keyVersion), scratch);
      if (measured.result().hash !== hash)
        throw new BerthError("backup.damaged", "The backup target gave back something else than it was given");
      await withState(join(scratch, "state"), () => Promise.resolve());
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async function prune(store: ArchiveStore, rules: Parameters<typeof expendableIds>[1]): Promise<void> {
    const known = new Set((await listControllerBackups(database)).map(({ id }) => id));
    for (const found of (await store.list()).map(archiveOf)) {
      // Made by the controller that this one was rebuilt from, after the backup that it was rebuilt from.
      // What claims to be of a later time is none of the controller's: it would stay the newest.
      const isPast = found !== null && Date.parse(found.createdAt) <= Date.now();
      if (isPast && !known.has(found.id)) await putControllerBackup(database, adopted(found));
    }
    for (const id of expendableIds(await listControllerBackups(database), rules, Date.now())) {
      await store.remove(fileNameOf(id));
      await removeControllerBackup(database, id);
    }
  }

  return {
    keys,
    async list() {
      const [fleet, backups, recoveryKey] = await Promise.all([
        dependencies.fleet(),
        listControllerBackups(database),
        keys.present(),
      ]);
      const place = fleet?.backups === undefined ? null : placeOf(fleet);
      return { place, backups, recoveryKey, warnings: warningsOf({ backups, key: recoveryKey }) };
    },
    create: (reason) => serialize(() => make(reason)),
    async archive(account) {
      const at = new Date();
      const id = newId(at);
      const { content } = await gather(id, at.toISOString(), await dependencies.fleet());
      const message = `${account} took a backup of the controller`;
      await recordEvent(database, { kind: "controller-backup.taken", message, data: { backup: id, account } });
      return { name: fileNameOf(id), content };
    },
    async close() {
      closing.abort(new BerthError("controller.unreachable", "The controller is stopping"));
      await serialize(() => Promise.resolve());
    },
  };
}

function adopted({ id, createdAt }: { id: string; createdAt: string }): ControllerBackup {
  const unknown = { keyVersion: null, bytes: null, error: null };
  return { id, createdAt, endedAt: createdAt, state: "complete", reason: "schedule", ...unknown };
}

function placeOf(fleet: Fleet): string {
  const { target } = requireBackups(fleet);
  return `${rootOf(target)}/${fleet.fleet}/${controllerOwner}`;
}

function rootOf(target: Backups["target"]): string {
  if ("directory" in target) return target.directory;
  return "sftp" in target ? sftpPlace(target.sftp, []) : `s3://${target.s3.bucket}`;
}

function measure(): { stream: Transform; result: () => { bytes: number; hash: string } } {
  const hash = createHash("sha256");
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ bytes, hash: hash.digest("hex") }) };
}

function noTarget(): BerthError {
  return new BerthError("request.invalid", "No fleet file was applied yet, and so there is no backup target", {
    hint: "`berth controller backup --to FILE` needs none.",
  });
}
