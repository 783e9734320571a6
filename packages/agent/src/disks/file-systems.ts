/** How full the node's file systems are. */
import { readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import { type FileSystem, longestPath, longestType, mostFileSystems } from "@berth/shared/protocol/disks";
import { within } from "../deadline.ts";
import { errorCode } from "../files.ts";
import { runProgram } from "../host-program.ts";
import { isBelow, type Mount, nodeFileSystems, parseMounts, remoteGroups } from "./mounts.ts";

const remoteMilliseconds = 5_000;
/** Each is a process of its own. */
const remotesAtOnce = 4;

export interface Blocks {
  blocks: number;
  bfree: number;
  bavail: number;
  frsize: number;
  files: number;
  ffree: number;
}

export class FileSystems {
  readonly #views: readonly string[];
  readonly #run: typeof runProgram;
  /** Paths whose answer is awaited since an earlier look: nobody asks them again meanwhile. */
  readonly #silent = new Set<string>();

  /** As the node's first process sees them: the agent's own view is narrowed by its service, and the next best. */
  constructor(views: readonly string[] = ["/proc/1", "/proc/self"], run: typeof runProgram = runProgram) {
    this.#views = views;
    this.#run = run;
  }

  async read(): Promise<FileSystem[]> {
    const { view, isNarrowed } = await this.#view();
    const all = parseMounts(await readFile(join(view, "mountinfo"), "utf8"));
    const mounts = nodeFileSystems(all).slice(0, mostFileSystems);
    const answers = await this.#askRemotes(join(view, "root"), remoteGroups(mounts, all));
    const found: FileSystem[] = [];
    for (const mount of mounts) {
      const known = answers.get(mount);
      const blocks = known === undefined ? await ask(join(view, "root", mount.mountpoint)) : known;
      // One without blocks is none of those that fill.
      if (blocks?.blocks !== 0) found.push(fileSystemOf({ ...mount, readOnly: mount.readOnly && !isNarrowed }, blocks));
    }
    return found;
  }

  /** Some at the same time, since each that does not answer takes its whole deadline. */
  async #askRemotes(root: string, groups: readonly Mount[][]): Promise<Map<Mount, Blocks | null>> {
    const answers = new Map<Mount, Blocks | null>();
    const waiting = groups.values();
    const askNext = async (): Promise<void> => {
      for (const group of waiting) await this.#askGroup(root, group, answers);
    };
    await Promise.all(Array.from({ length: remotesAtOnce }, askNext));
    return answers;
  }

  /** One after the other: what lies below one that does not answer would be the same question again. */
  async #askGroup(root: string, group: readonly Mount[], answers: Map<Mount, Blocks | null>): Promise<void> {
    for (const mount of group) {
      const isCutOff = group.some((above) => answers.get(above) === null && isBelow(mount, above));
      answers.set(mount, isCutOff ? null : await this.#askRemote(join(root, mount.mountpoint)));
    }
  }

  /** Where /proc is closed to the agent, its own view is left, in which its service makes everything read-only. */
  async #view(): Promise<{ view: string; isNarrowed: boolean }> {
    for (const view of this.#views.slice(0, -1)) {
      if ((await ask(join(view, "root"))) !== null) return { view, isNarrowed: false };
    }
    return { view: this.#views.at(-1) ?? "/proc/self", isNarrowed: this.#views.length > 1 };
  }

  /** By a process of its own, since it may hang for ever, and the agent has one thread for files. */
  async #askRemote(path: string): Promise<Blocks | null> {
    if (this.#silent.has(path)) return null;
    this.#silent.add(path);
    const argv = ["stat", "--file-system", "--format=%b %f %a %S %c %d", path] as const;
    const asking = this.#run(argv, AbortSignal.timeout(remoteMilliseconds)).finally(() => {
      this.#silent.delete(path);
    });
    try {
      const { stdout } = await within(asking, remoteMilliseconds + 1000, `an answer of ${path}`);
      return parseBlocks(stdout);
    } catch {
      // It is told as one that does not answer.
      return null;
    }
  }
}

/** null: it does not answer, or is gone meanwhile. */
async function ask(path: string): Promise<Blocks | null> {
  try {
    return await statfs(path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return null;
  }
}

function parseBlocks(text: string): Blocks | null {
  const [blocks = NaN, bfree = NaN, bavail = NaN, frsize = NaN, files = NaN, ffree = NaN] = text
    .trim()
    .split(" ")
    .map(Number);
  const told = { blocks, bfree, bavail, frsize, files, ffree };
  return Object.values(told).some(Number.isNaN) ? null : told;
}

/** Whatever a driver makes up: what does not fit the protocol would cost the connection. */
export function fileSystemOf({ mountpoint, device, type, readOnly }: Mount, blocks: Blocks | null): FileSystem {
  const about = { mountpoint, device: device.slice(0, longestPath), type: type.slice(0, longestType), readOnly };
  if (blocks === null) return { ...about, usedBytes: null, sizeBytes: null, inodes: null };
  const used = atLeastNone(blocks.blocks - blocks.bfree);
  return {
    ...about,
    usedBytes: used * blocks.frsize,
    // As df counts it: without what is reserved for root.
    sizeBytes: (used + atLeastNone(blocks.bavail)) * blocks.frsize,
    inodes: blocks.files > 0 ? { used: atLeastNone(blocks.files - blocks.ffree), total: blocks.files } : null,
  };
}

function atLeastNone(count: number): number {
  return Math.max(0, count);
}
