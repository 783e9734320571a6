/** The counters of one control group, whichever version it has. */
import { join } from "node:path";
import { type CgroupMounts, type CgroupVersion, directoryOf } from "./cgroup-paths.ts";
import { CounterFile, keyOf, type Pair, readDisk } from "./counter-file.ts";

/** Anything as large is "no limit": version 1 says 2^63 rounded down to a page. */
const unlimited = 2 ** 60;

const names = {
  1: {
    cpu: ["cpuacct", "cpuacct.usage"],
    cpuStat: ["cpu", "cpu.stat"],
    cpuQuota: ["cpu", "cpu.cfs_quota_us"],
    memory: ["memory", "memory.usage_in_bytes"],
    memoryStat: ["memory", "memory.stat"],
    memoryLimit: ["memory", "memory.limit_in_bytes"],
    swap: ["memory", "memory.memsw.usage_in_bytes"],
    disk: ["blkio", "blkio.throttle.io_service_bytes_recursive"],
    processes: ["pids", "pids.current"],
  },
  2: {
    cpu: ["", "cpu.stat"],
    cpuStat: ["", "cpu.stat"],
    cpuQuota: ["", "cpu.max"],
    memory: ["", "memory.current"],
    memoryStat: ["", "memory.stat"],
    memoryLimit: ["", "memory.max"],
    swap: ["", "memory.swap.current"],
    disk: ["", "io.stat"],
    processes: ["", "pids.current"],
  },
} as const;

type FileName = keyof (typeof names)[1];

const inactiveFile = { 1: keyOf("total_inactive_file"), 2: keyOf("inactive_file") };
const usage = keyOf("usage_usec");
const throttled = { 1: keyOf("throttled_time"), 2: keyOf("throttled_usec") };

export class CgroupFiles {
  readonly #version: CgroupVersion;
  readonly #open: (name: FileName) => CounterFile | null;
  readonly #files = new Map<FileName, CounterFile | null>();

  constructor(mounts: CgroupMounts, paths: ReadonlyMap<string, string>) {
    this.#version = mounts.version;
    this.#open = (name) => {
      const [controller, file] = names[mounts.version][name];
      const directory = directoryOf(mounts, paths, controller);
      return directory === null ? null : CounterFile.open(join(directory, file));
    };
  }

  /** CPU time used so far, nanoseconds. */
  cpuNanoseconds(): number {
    const file = this.#file("cpu");
    if (file === null) return Number.NaN;
    return this.#version === 1 ? file.readNumber() : file.readKey(usage) * 1000;
  }

  /** Nanoseconds for which it was held back by a limit of its own so far, of all cores together. */
  throttledNanoseconds(): number {
    const value = this.#file("cpuStat")?.readKey(throttled[this.#version]) ?? Number.NaN;
    return this.#version === 1 ? value : value * 1000;
  }

  /** Whether its CPU time is limited. Read anew each time, as other limits are. */
  hasCpuLimit(): boolean {
    const file = this.#open("cpuQuota");
    if (file === null) return false;
    // "max" and -1 are no numbers that it can read.
    const isLimited = !Number.isNaN(file.readNumber());
    file.close();
    return isLimited;
  }

  /** The working set: usage without the file cache that the kernel would give up first. NaN when gone. */
  memoryBytes(): number {
    const used = this.#file("memory")?.readNumber() ?? Number.NaN;
    const inactive = this.#file("memoryStat")?.readKey(inactiveFile[this.#version]) ?? 0;
    return Math.max(0, used - (Number.isNaN(inactive) ? 0 : inactive));
  }

  /** Null: none of its own. Read anew each time: limits change seldom, and descriptors are few. */
  memoryLimitBytes(): number | null {
    const file = this.#open("memoryLimit");
    if (file === null) return null;
    const limit = file.readNumber();
    file.close();
    return Number.isNaN(limit) || limit >= unlimited ? null : limit;
  }

  /** 0 where swap is not accounted. */
  swapBytes(): number {
    const file = this.#file("swap");
    if (file === null) return 0;
    const value = file.readNumber();
    if (this.#version === 2) return value;
    // Version 1 counts memory and swap together.
    return Math.max(0, value - (this.#file("memory")?.readNumber() ?? value));
  }

  disk(into: Pair): boolean {
    const file = this.#file("disk");
    return file !== null && readDisk(file, this.#version, into);
  }

  processes(): number {
    return this.#file("processes")?.readNumber() ?? 0;
  }

  has(name: FileName): boolean {
    return this.#file(name) !== null;
  }

  close(): void {
    for (const file of this.#files.values()) file?.close();
    this.#files.clear();
  }

  #file(name: FileName): CounterFile | null {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const opened = this.#open(name);
    this.#files.set(name, opened);
    return opened;
  }
}
