/** Volumes in a directory of a test's own, as Docker lays them out, and copies made with Node alone. */
import { cp, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Volumes } from "../docker/tools.ts";
import { isMissing } from "../files.ts";
import type { VolumeFiles } from "../volumes/files.ts";

export class FakeVolumes implements Volumes, VolumeFiles {
  readonly root: string;
  /** Every change, in order: "create user1-web-data-checkpoint". */
  readonly changes: string[] = [];
  /** Called before each change; throws to fail it, or to "kill" the agent there. */
  onChange: (change: string) => void = () => undefined;
  freeBytes = Number.MAX_SAFE_INTEGER;

  constructor(root: string) {
    this.root = root;
  }

  /** Where a volume's files are, whether it is there or not. */
  directory(volume: string): string {
    return join(this.root, volume, "_data");
  }

  async names(): Promise<string[]> {
    return (await readdir(this.root)).toSorted();
  }

  async volumeDirectory(volume: string): Promise<string | null> {
    // As Docker: a volume is there with its own directory, whatever became of the one with its files.
    return (await isThere(join(this.root, volume))) ? this.directory(volume) : null;
  }

  async createVolume(volume: string): Promise<void> {
    if (await isThere(join(this.root, volume))) return;
    this.#change(`create ${volume}`);
    await mkdir(this.directory(volume), { recursive: true });
  }

  async removeVolume(volume: string): Promise<void> {
    this.#change(`remove ${volume}`);
    await rm(join(this.root, volume), { recursive: true, force: true });
  }

  async size(): Promise<number> {
    return 1024 * 1024;
  }

  async free(): Promise<number> {
    return this.freeBytes;
  }

  async copy(from: string, to: string): Promise<void> {
    this.#change("copy");
    await cp(from, to, { recursive: true });
  }

  async allocate(file: string): Promise<void> {
    this.#change("allocate");
    await writeFile(file, "");
  }

  async sync(): Promise<void> {
    this.#change("sync");
  }

  #change(change: string): void {
    this.onChange(change);
    this.changes.push(change);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
