/** Measures the node: the LXC's own numbers inside an LXC, the host's on a host. */
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import type { NodeColumn } from "@berth/shared/metrics/samples";
import { CgroupFiles } from "./cgroup-files.ts";
import { type CgroupMounts, directoryOf, isContainer, readNodeCgroups } from "./cgroup-paths.ts";
import { CounterFile, type Pair, readNetwork } from "./counter-file.ts";
import { Pressure } from "./pressure.ts";
import { rate, rounded } from "./rate.ts";

/** Interfaces of the node's own; the others carry the same bytes a second time, between containers. */
const inner = /^(?:lo|veth|docker|br-|virbr|vmbr|tap|fwbr|fwpr|fwln|cni|flannel|tun|dummy)/;
const limitMilliseconds = 60_000;

export class NodeMeter {
  readonly mounts: CgroupMounts;
  readonly cores: number;
  readonly #cgroup: CgroupFiles;
  readonly #pressure: Pressure;
  readonly #isLxc: boolean;
  readonly #network: CounterFile | null;
  readonly #meminfo: string;
  /** Milliseconds that only go forward. */
  readonly #elapsed: () => number;
  readonly #isOwn = new Map<string, boolean>();
  readonly #networkBytes: Pair = { first: 0, second: 0 };
  readonly #diskBytes: Pair = { first: 0, second: 0 };
  readonly #before = { at: 0, cpu: Number.NaN, received: 0, transmitted: 0, read: 0, written: 0 };
  #limit = 0;
  #limitAt = Number.NEGATIVE_INFINITY;
  #hasOwnLimit = false;

  constructor(proc = "/proc", elapsed: () => number = () => performance.now()) {
    const { mounts, paths } = readNodeCgroups(proc);
    this.mounts = mounts;
    this.#cgroup = new CgroupFiles(mounts, paths);
    this.#isLxc = isContainer(proc);
    this.#pressure = Pressure.open(proc, mounts, directoryOf(mounts, paths, "cpu"), this.#isLxc);
    this.#network = CounterFile.open(join(proc, "self/net/dev"));
    this.#meminfo = join(proc, "meminfo");
    this.cores = coresOf(mounts, paths);
    this.#elapsed = elapsed;
    this.memoryLimitBytes();
  }

  /** The LXC's limit, or all the memory there is. */
  memoryLimitBytes(): number {
    const now = this.#elapsed();
    if (now - this.#limitAt < limitMilliseconds) return this.#limit;
    const own = this.#cgroup.memoryLimitBytes();
    // Below an LXC's group there may be one without a limit; lxcfs knows the one above.
    const all = readMeminfo(this.#meminfo).total;
    this.#hasOwnLimit = own !== null && own < all * 1.001;
    this.#limit = Math.min(own ?? all, all);
    this.#limitAt = now;
    return this.#limit;
  }

  /** What could be taken without taking it from anybody. */
  availableMemoryBytes(): number {
    return Math.max(0, this.memoryLimitBytes() - this.#memory().used);
  }

  /** A row of `nodeColumns`; null at the first look, when no rate is known yet. */
  sample(milliseconds: number): (number | null)[] | null {
    const cpu = this.#cgroup.cpuNanoseconds();
    const network = this.#networkBytes;
    const disk = this.#diskBytes;
    if (this.#network !== null) readNetwork(this.#network, this.#counts, network);
    this.#cgroup.disk(disk);
    this.#pressure.look(milliseconds);
    const { before, seconds } = { before: this.#before, seconds: (milliseconds - this.#before.at) / 1000 };
    const row = Number.isNaN(before.cpu) ? null : this.#row(cpu, seconds);
    before.at = milliseconds;
    before.cpu = cpu;
    before.received = network.first;
    before.transmitted = network.second;
    before.read = disk.first;
    before.written = disk.second;
    return row;
  }

  #row(cpu: number, seconds: number): (number | null)[] {
    const { received, transmitted, read, written, cpu: cpuBefore } = this.#before;
    const limit = this.memoryLimitBytes();
    const memory = this.#memory();
    const { blocks, bavail, bfree, bsize } = statfsSync("/");
    return rowOf({
      cpuCores: rounded(rate(cpuBefore, cpu, seconds) / 1e9, 4),
      memoryBytes: memory.used,
      memoryLimitBytes: limit,
      swapBytes: memory.swap,
      networkReceiveBytesPerSecond: rounded(rate(received, this.#networkBytes.first, seconds)),
      networkTransmitBytesPerSecond: rounded(rate(transmitted, this.#networkBytes.second, seconds)),
      diskReadBytesPerSecond: rounded(rate(read, this.#diskBytes.first, seconds)),
      diskWriteBytesPerSecond: rounded(rate(written, this.#diskBytes.second, seconds)),
      diskUsedBytes: (blocks - bfree) * bsize,
      // As df counts it: without what is reserved for root.
      diskSizeBytes: (blocks - bfree + bavail) * bsize,
      cpuPressure: this.#pressure.cpu,
      memoryPressure: this.#pressure.memory,
      ioPressure: this.#pressure.io,
      // In an LXC it would be the whole machine's.
      loadAverage: this.#isLxc ? null : rounded(loadavg()[0] ?? 0, 2),
    });
  }

  /** The control group's own where it has a limit; a host as a whole is better known by /proc/meminfo. */
  #memory(): { used: number; swap: number } {
    if (this.#hasOwnLimit || (this.mounts.version === 2 && this.#cgroup.has("memory"))) {
      return { used: this.#cgroup.memoryBytes(), swap: this.#cgroup.swapBytes() };
    }
    const { total: all, available, swapTotal, swapFree } = readMeminfo(this.#meminfo);
    return { used: all - available, swap: swapTotal - swapFree };
  }

  readonly #counts = (name: string): boolean => {
    let isOwn = this.#isOwn.get(name);
    if (isOwn === undefined) {
      isOwn = !inner.test(name);
      // Names of virtual interfaces come and go: forget them all before they become many.
      if (this.#isOwn.size > 500) this.#isOwn.clear();
      this.#isOwn.set(name, isOwn);
    }
    return isOwn;
  };
}

interface Meminfo {
  total: number;
  available: number;
  swapTotal: number;
  swapFree: number;
}

/** Bytes. */
function readMeminfo(path: string): Meminfo {
  const text = readFileSync(path, "latin1");
  const bytes = (name: string): number => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text);
    return Number(match?.[1] ?? 0) * 1024;
  };
  return {
    total: bytes("MemTotal"),
    available: bytes("MemAvailable"),
    swapTotal: bytes("SwapTotal"),
    swapFree: bytes("SwapFree"),
  };
}

/** Cores that the node may use: its cpuset, and its quota where it has one. */
function coresOf(mounts: CgroupMounts, paths: ReadonlyMap<string, string>): number {
  const directory = directoryOf(mounts, paths, "cpu");
  const cores = availableParallelism();
  if (directory === null) return cores;
  const quota = mounts.version === 2 ? readQuota(join(directory, "cpu.max")) : readQuotaV1(directory);
  return quota === null ? cores : Math.min(cores, quota);
}

function readQuota(path: string): number | null {
  if (!existsSync(path)) return null;
  const [quota, period] = readFileSync(path, "latin1").trim().split(" ").map(Number);
  return quota === undefined || period === undefined || Number.isNaN(quota) ? null : quota / period;
}

function readQuotaV1(directory: string): number | null {
  const [quota, period] = ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map((name) => {
    const file = CounterFile.open(join(directory, name));
    const value = file?.readNumber() ?? Number.NaN;
    file?.close();
    return value;
  });
  return quota === undefined || period === undefined || Number.isNaN(quota / period) ? null : quota / period;
}

/** In the order of `nodeColumns`; that each column is here once, the type says. */
function rowOf(values: Record<NodeColumn, number | null>): (number | null)[] {
  return [
    values.cpuCores,
    values.memoryBytes,
    values.memoryLimitBytes,
    values.swapBytes,
    values.networkReceiveBytesPerSecond,
    values.networkTransmitBytesPerSecond,
    values.diskReadBytesPerSecond,
    values.diskWriteBytesPerSecond,
    values.diskUsedBytes,
    values.diskSizeBytes,
    values.cpuPressure,
    values.memoryPressure,
    values.ioPressure,
    values.loadAverage,
  ];
}
