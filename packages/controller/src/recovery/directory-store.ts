/** Archives in a directory: where a NAS is mounted. */
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/shared/errors";
import { draftOf, isAbandoned, isDraft, noArchive, type ArchiveStore } from "./store.ts";

/** `target` must be there: made here, it would be on this machine's disk while the NAS is not mounted. */
export function directoryStore(target: string, below: readonly string[]): ArchiveStore {
  const directory = join(target, ...below);

  async function removeAbandoned(): Promise<void> {
    for (const name of (await readdir(directory)).filter(isDraft)) {
      const found = await stat(join(directory, name)).catch(() => undefined);
      if (found !== undefined && isAbandoned(found.mtimeMs)) await rm(join(directory, name));
    }
  }

  return {
    place: directory,
    put: (name, content, signal) =>
      explained(directory, async () => {
        await requireTarget(target);
        await mkdir(directory, { recursive: true, mode: 0o700 });
        await removeAbandoned();
        const draft = join(directory, draftOf(name));
        try {
          const file = await open(draft, "wx", 0o600);
          await pipeline(content, file.createWriteStream({ flush: true }), { signal });
          await rename(draft, join(directory, name));
          await syncDirectory(directory);
        } finally {
          content.destroy();
          await rm(draft, { force: true });
        }
      }),
    get: async (name) => {
      const path = join(directory, name);
      const file = await open(path, "r").catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") throw noArchive(name, directory);
        throw error;
      });
      return createReadStream(path, { fd: file });
    },
    list: () =>
      explained(directory, async () => {
        await requireTarget(target);
        const names = await readdir(directory).catch((error: unknown) => {
          if (codeOf(error) === "ENOENT") return [];
          throw error;
        });
        return names.filter((name) => !isDraft(name));
      }),
    remove: (name) => explained(directory, () => rm(join(directory, name), { force: true })),
  };
}

async function requireTarget(target: string): Promise<void> {
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  throw new BerthError("store.failed", `The backup target ${target} is not there on the controller's machine`, {
    hint: "The controller's own backup is written by itself: mount the target there as on the nodes, or use an S3 store or an SFTP server.",
  });
}

async function explained<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BerthError || !(error instanceof Error)) throw error;
    const code = codeOf(error);
    if (code === "ENOSPC" || code === "EDQUOT") {
      throw new BerthError("disk.full", `No space is left in ${directory}`, {
        hint: "Free some; what was written of the backup is removed.",
        cause: error,
      });
    }
    if (code === "EROFS" || code === "EACCES") {
      throw new BerthError("store.failed", `The controller may not write to ${directory}`, {
        hint: "As a service it writes to its own directories alone: `systemctl edit berth` with [Service] and ReadWritePaths=, and the target must let its root write.",
        cause: error,
      });
    }
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    throw new BerthError("store.failed", `${directory} cannot be used: ${error.message}`, { cause: error });
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
