/**
 * The form of a backup of the controller: a tar, compressed, encrypted with age to the fleet's recovery key. `age -d` and
 * `tar -xz` open it as well. Streamed both ways. Encryption tells whether it is whole and as it was written.
 */
import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { BerthError } from "@berth/shared/errors";
import type { Secret } from "@berth/shared/secret";
import { Decrypter, Encrypter } from "age-encryption";
import tar from "tar-stream";

export interface ArchiveFile {
  /** Relative, with forward slashes. */
  path: string;
  mode: number;
  content: Buffer | { handle: FileHandle; bytes: number };
}

export interface ArchiveEntry {
  path: string;
  content: Readable;
}

/** A stream of the encrypted archive; it fails when a file cannot be read. It closes the files, read or not. */
export async function sealArchive(files: readonly ArchiveFile[], recipient: string): Promise<Readable> {
  const pack = tar.pack();
  fill(pack, files).catch((error: unknown) => pack.destroy(toError(error)));
  const compressed = createGzip();
  // What breaks one of the two breaks the other, and so the archive.
  pipeline(pack, compressed).catch(() => undefined);
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const sealed = Readable.fromWeb(await encrypter.encrypt(Readable.toWeb(compressed)));
  // Whoever stops reading it tells nobody but this stream.
  sealed.once("close", () => pack.destroy());
  return sealed;
}

async function fill(pack: tar.Pack, files: readonly ArchiveFile[]): Promise<void> {
  try {
    await addAll(pack, files);
    pack.finalize();
  } finally {
    await Promise.all(files.map(({ content }) => (Buffer.isBuffer(content) ? undefined : content.handle.close())));
  }
}

async function addAll(pack: tar.Pack, files: readonly ArchiveFile[]): Promise<void> {
  for (const { path, mode, content } of files) {
    if (Buffer.isBuffer(content)) {
      pack.entry({ name: path, mode, size: content.length }, content);
      continue;
    }
    const { handle, bytes } = content;
    // Exactly as many as the header says, should it grow meanwhile.
    const source = handle.createReadStream({ start: 0, end: bytes - 1 });
    await pipeline(source, pack.entry({ name: path, mode, size: bytes }));
  }
}

/**
 * The files of an archive, in order; each content is to be read before the next. Throws `secrets.locked` when the key is
 * another one, `backup.damaged` when the archive is not whole or was altered: that may come at its very end.
 */
export async function* openArchive(sealed: Readable, identity: Secret): AsyncGenerator<ArchiveEntry> {
  try {
    const plain = await decrypt(sealed, identity);
    const extract = tar.extract();
    const whole = pipeline(plain, createGunzip(), extract);
    // The iteration ends with a bare "premature close": the reason is here.
    whole.catch(() => undefined);
    try {
      for await (const entry of extract) {
        if (entry.header.type !== "file") throw damaged(`It holds a ${entry.header.type}, '${entry.header.name}'`);
        yield { path: entry.header.name, content: Readable.from(entry) };
        entry.resume();
      }
    } catch (error) {
      extract.destroy(toError(error));
      await whole;
      throw error;
    }
    await whole;
  } catch (error) {
    throw explain(error);
  } finally {
    sealed.destroy();
  }
}

async function decrypt(sealed: Readable, identity: Secret): Promise<Readable> {
  const decrypter = new Decrypter();
  addIdentity(decrypter, identity);
  return Readable.fromWeb(await decrypter.decrypt(Readable.toWeb(sealed)));
}

/** The library's own message would repeat what was given. */
function addIdentity(decrypter: Decrypter, identity: Secret): void {
  try {
    decrypter.addIdentity(identity.reveal());
  } catch {
    throw new BerthError("secrets.locked", "This is not a recovery key", {
      hint: "It begins with AGE-SECRET-KEY-1; `berth controller recovery-key` has printed it.",
    });
  }
}

function explain(error: unknown): unknown {
  if (error instanceof BerthError) return error;
  const { message, code } = toError(error);
  if (/no identity matched/.test(message)) {
    return new BerthError("secrets.locked", "The recovery key does not open this backup", {
      hint: "It is opened by the key that the controller had when it was made: an older one, or another fleet's.",
    });
  }
  // What the disk or the network says is not the archive's fault.
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return error;
  return damaged(message, error);
}

function damaged(reason: string, cause?: unknown): BerthError {
  return new BerthError(
    "backup.damaged",
    `The backup of the controller is damaged, cut off, or was altered: ${reason}`,
    {
      hint: "Take an earlier one: --at TIME.",
      cause,
    },
  );
}

function toError(error: unknown): Error & { code?: string } {
  return error instanceof Error ? error : new Error(String(error));
}
