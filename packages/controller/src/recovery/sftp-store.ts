/** Archives on an SFTP server: written beside, and renamed when they are whole. */
import { constants } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { BerthError } from "@berth/shared/errors";
import type { SftpTarget } from "@berth/shared/fleet/backup-target";
import type { FileEntry, SFTPWrapper, Stats } from "ssh2";
import * as z from "zod";
import { ask, connectSftp, isMissing, sftpError, type SftpAccess, type SftpConnection } from "./sftp-connection.ts";
import { draftOf, isAbandoned, isDraft, noArchive, type ArchiveStore } from "./store.ts";

/** As much is asked for at once: an answer takes as long as the way to the server and back. */
const readBytes = 512 * 1024;
const shortestRoom = 1024 ** 2;
const roomSchema = z.object({ f_frsize: z.coerce.number(), f_bavail: z.coerce.number() });

interface OpenFile {
  connection: SftpConnection;
  handle: Buffer;
}

export function sftpPlace({ user, host, port, path }: Omit<SftpTarget, "hostKey">, below: readonly string[]): string {
  return `sftp://${user}@${host}:${port}${[path, ...below].join("/")}`;
}

export function sftpStore(access: SftpAccess, below: readonly string[]): ArchiveStore {
  const place = sftpPlace(access, below);
  const directory = [access.path, ...below].join("/");

  async function connected<T>(work: (sftp: SFTPWrapper) => Promise<T>): Promise<T> {
    try {
      using connection = await connectSftp(access);
      return await Promise.race([work(connection.sftp), connection.broken]);
    } catch (error) {
      throw sftpError(error, access, place);
    }
  }

  async function upload(sftp: SFTPWrapper, name: string, content: Readable, signal: AbortSignal): Promise<void> {
    await makeDirectory(sftp, directory);
    await removeAbandoned(sftp, directory);
    const draft = `${directory}/${draftOf(name)}`;
    try {
      await write(sftp, draft, content, signal);
      await replace(sftp, draft, `${directory}/${name}`);
    } catch (error) {
      const full = await isFull(sftp, directory);
      await ask((done) => sftp.unlink(draft, done)).catch(() => undefined);
      throw full ? noRoom(place, error) : error;
    }
  }

  async function open(name: string): Promise<OpenFile> {
    const connection = await connectSftp(access);
    try {
      const opened = ask<Buffer>((done) => connection.sftp.open(`${directory}/${name}`, "r", done));
      return { connection, handle: await Promise.race([opened, connection.broken]) };
    } catch (error) {
      connection[Symbol.dispose]();
      throw isMissing(error) ? noArchive(name, place) : error;
    }
  }

  return {
    place,
    put: async (name, content, signal) => {
      try {
        await connected((sftp) => upload(sftp, name, content, signal));
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        content.destroy();
      }
    },
    get: async (name, signal) => {
      const file = await open(name).catch((error: unknown) => {
        throw sftpError(error, access, place);
      });
      const read = async function* (): AsyncGenerator<Buffer> {
        try {
          yield* blocksOf(file);
        } catch (error) {
          throw signal.aborted ? signal.reason : sftpError(error, access, place);
        }
      };
      const content = Readable.from(read(), { objectMode: false, signal });
      content.once("close", () => file.connection[Symbol.dispose]());
      return content;
    },
    list: () =>
      connected(async (sftp) => {
        const entries = await entriesOf(sftp, directory);
        return entries.map(({ filename }) => filename).filter((name) => !isDraft(name));
      }),
    remove: (name) =>
      connected(async (sftp) => {
        await ask((done) => sftp.unlink(`${directory}/${name}`, done)).catch((error: unknown) => {
          if (!isMissing(error)) throw error;
        });
      }),
  };
}

/**
 * Ends whatever becomes of the connection: ssh2's own stream of a file waits for ever, if it breaks off between two
 * reads, for an answer to its closing of the file.
 */
async function* blocksOf({ connection: { sftp, broken }, handle }: OpenFile): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const block = Buffer.allocUnsafe(readBytes);
    const reading = ask<number>((done) => sftp.read(handle, block, 0, readBytes, position, done));
    const bytes = await Promise.race([reading, broken]);
    if (bytes === 0) return;
    position += bytes;
    yield block.subarray(0, bytes);
  }
}

/** None where there is no such directory. */
async function entriesOf(sftp: SFTPWrapper, directory: string): Promise<FileEntry[]> {
  const entries = await ask<FileEntry[]>((done) => sftp.readdir(directory, done)).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return entries.filter(({ attrs }) => (attrs.mode & constants.S_IFMT) === constants.S_IFREG);
}

/** With those above it: a server answers one that is there as it answers any failure. */
async function makeDirectory(sftp: SFTPWrapper, directory: string): Promise<void> {
  const isThere = (path: string): Promise<boolean> =>
    ask<Stats>((done) => sftp.stat(path, done)).then(
      (found) => found.isDirectory(),
      () => false,
    );
  if (await isThere(directory)) return;
  const names = directory.split("/").slice(1);
  for (const index of names.keys()) {
    const path = `/${names.slice(0, index + 1).join("/")}`;
    if (await isThere(path)) continue;
    await ask((done) => sftp.mkdir(path, { mode: 0o700 }, done)).catch(async (error: unknown) => {
      if (!(await isThere(path))) throw error;
    });
  }
}

async function removeAbandoned(sftp: SFTPWrapper, directory: string): Promise<void> {
  for (const { filename, attrs } of await entriesOf(sftp, directory)) {
    if (!isDraft(filename) || !isAbandoned(attrs.mtime * 1000)) continue;
    await ask((done) => sftp.unlink(`${directory}/${filename}`, done)).catch(() => undefined);
  }
}

async function write(sftp: SFTPWrapper, path: string, content: Readable, signal: AbortSignal): Promise<void> {
  const handle = await ask<Buffer>((done) => sftp.open(path, "wx", { mode: 0o600 }, done));
  const file = sftp.createWriteStream(path, { handle, autoClose: false });
  // What comes after the pipeline has ended is for nobody, and unheard it would end the controller.
  file.on("error", () => undefined);
  await pipeline(content, file, { signal });
  // Extensions of OpenSSH, which other servers may lack.
  await ask((done) => sftp.ext_openssh_fsync(handle, done)).catch(() => undefined);
  await ask((done) => sftp.close(handle, done));
}

/** SFTP's own renaming refuses a name that is there. */
async function replace(sftp: SFTPWrapper, from: string, to: string): Promise<void> {
  const renamed = await ask((done) => sftp.ext_openssh_rename(from, to, done)).then(
    () => true,
    () => false,
  );
  if (!renamed) await ask((done) => sftp.rename(from, to, done));
}

/** A server answers a write to a full disk as it answers any failure. */
async function isFull(sftp: SFTPWrapper, directory: string): Promise<boolean> {
  const answer = await ask<unknown>((done) => sftp.ext_openssh_statvfs(directory, done)).catch(() => undefined);
  const room = roomSchema.safeParse(answer);
  return room.success && room.data.f_frsize * room.data.f_bavail < shortestRoom;
}

function noRoom(place: string, cause: unknown): BerthError {
  return new BerthError("disk.full", `No space is left at ${place}`, {
    hint: "Free some; what was written of the backup is removed.",
    cause,
  });
}
