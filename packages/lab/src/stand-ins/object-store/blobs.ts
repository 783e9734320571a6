/** The data of objects and parts, one file each. */
import { createHash, randomUUID } from "node:crypto";
import { copyFile, mkdir, open, readdir, unlink } from "node:fs/promises";
import { constants, createReadStream, mkdirSync } from "node:fs";
import { join } from "node:path";

export interface StoredBlob {
  id: string;
  size: number;
}

export interface WrittenBlob extends StoredBlob {
  /** Hexadecimal. */
  md5: string;
}

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

export class Blobs {
  readonly #directory: string;

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, "blobs");
    mkdirSync(this.#directory, { recursive: true });
  }

  /** Writes the data as it comes. If it fails, nothing is left. */
  async write(data: AsyncIterable<Buffer>): Promise<WrittenBlob> {
    const id = randomUUID();
    const hash = createHash("md5");
    let size = 0;
    await mkdir(join(this.#directory, id.slice(0, 2)), { recursive: true });
    const file = await open(this.#path(id), "wx");
    try {
      for await (const part of data) {
        hash.update(part);
        size += part.length;
        await file.writeFile(part);
      }
      await file.datasync();
    } catch (error) {
      await file.close();
      await this.remove([{ id, size }]);
      throw error;
    }
    await file.close();
    return { id, size, md5: hash.digest("hex") };
  }

  async copy({ id, size }: StoredBlob): Promise<StoredBlob> {
    const copy = randomUUID();
    await mkdir(join(this.#directory, copy.slice(0, 2)), { recursive: true });
    await copyFile(this.#path(id), this.#path(copy), constants.COPYFILE_FICLONE);
    return { id: copy, size };
  }

  /** A range of several blobs one after the other. */
  async *read(blobs: readonly StoredBlob[], { start, end }: ByteRange): AsyncGenerator<Buffer> {
    let offset = 0;
    for (const { id, size } of blobs) {
      const first = Math.max(start - offset, 0);
      const last = Math.min(end - offset, size - 1);
      offset += size;
      if (first > last) continue;
      const file: AsyncIterable<Buffer> = createReadStream(this.#path(id), { start: first, end: last });
      yield* file;
    }
  }

  async remove(blobs: readonly StoredBlob[]): Promise<void> {
    await Promise.all(
      blobs.map(async ({ id }) => {
        try {
          await unlink(this.#path(id));
        } catch (error) {
          // Gone is what was wanted.
          if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
        }
      }),
    );
  }

  /** Removes what a process that was killed has left behind: files that no object and no part refers to. */
  async sweep(isUsed: (id: string) => boolean): Promise<void> {
    const files = await readdir(this.#directory, { recursive: true, withFileTypes: true });
    const unused = files.filter((file) => file.isFile() && !isUsed(file.name));
    await this.remove(unused.map(({ name }) => ({ id: name, size: 0 })));
  }

  #path(id: string): string {
    return join(this.#directory, id.slice(0, 2), id);
  }
}
