/** Measures one container: its control groups, and its network by its first process. */
import { readFileSync } from "node:fs";
import type { ContainerColumn } from "@berth/shared/metrics/samples";
import { CgroupFiles } from "./cgroup-files.ts";
import { type CgroupMounts, parseProcCgroup } from "./cgroup-paths.ts";
import { CounterFile, type Pair, readNetwork } from "./counter-file.ts";
import { rate, rounded } from "./rate.ts";

/**
 * A container that used no CPU time has the memory and processes it had. Only the kernel may still write its file cache
 * to the disk, or reclaim it: looked for this often. Thirty idle containers cost a third of what busy ones do.
 */
const quietMilliseconds = 5_000;

const isNotLoopback = (name: string): boolean => name !== "lo";

export class ContainerMeter {
  readonly #cgroup: CgroupFiles;
  readonly #network: CounterFile | null;
  readonly #networkBytes: Pair = { first: 0, second: 0 };
  readonly #diskBytes: Pair = { first: 0, second: 0 };
  readonly #before = { at: 0, cpu: Number.NaN, received: 0, transmitted: 0, throttled: 0 };
  /** What only changes while the container runs, as last looked at. */
  readonly #seen = { at: 0, memory: Number.NaN, processes: 0, read: 0, written: 0, readRate: 0, writeRate: 0 };
  #limit: number | null;
  #hasCpuLimit: boolean;

  /** Fails when the process has gone meanwhile. */
  constructor(mounts: CgroupMounts, pid: number, proc = "/proc") {
    this.#cgroup = new CgroupFiles(mounts, parseProcCgroup(readFileSync(`${proc}/${pid}/cgroup`, "latin1")));
    this.#network = CounterFile.open(`${proc}/${pid}/net/dev`);
    this.#limit = this.#cgroup.memoryLimitBytes();
    this.#hasCpuLimit = this.#cgroup.hasCpuLimit();
  }

  /** After `docker update`. */
  refreshLimits(): void {
    this.#limit = this.#cgroup.memoryLimitBytes();
    this.#hasCpuLimit = this.#cgroup.hasCpuLimit();
  }

  /** A row of `containerColumns`; null at the first look, when no rate is known yet, and when the container is gone. */
  sample(milliseconds: number, nodeLimit: number): number[] | null {
    const cpu = this.#cgroup.cpuNanoseconds();
    // Without a limit nothing holds it back, and no rate is known when it has one again.
    const throttled = this.#hasCpuLimit ? this.#cgroup.throttledNanoseconds() : Number.NaN;
    const network = this.#networkBytes;
    const before = this.#before;
    if (this.#network !== null) readNetwork(this.#network, isNotLoopback, network);
    const seen = this.#seen;
    if (cpu !== before.cpu || milliseconds - seen.at >= quietMilliseconds) this.#look(milliseconds);
    else seen.readRate = seen.writeRate = 0;
    const seconds = (milliseconds - before.at) / 1000;
    const isKnown = !Number.isNaN(before.cpu) && !Number.isNaN(cpu) && !Number.isNaN(seen.memory);
    const row = isKnown
      ? rowOf({
          cpuCores: rounded(rate(before.cpu, cpu, seconds) / 1e9, 4),
          memoryBytes: seen.memory,
          memoryLimitBytes: Math.min(this.#limit ?? nodeLimit, nodeLimit),
          networkReceiveBytesPerSecond: rounded(rate(before.received, network.first, seconds)),
          networkTransmitBytesPerSecond: rounded(rate(before.transmitted, network.second, seconds)),
          diskReadBytesPerSecond: seen.readRate,
          diskWriteBytesPerSecond: seen.writeRate,
          processes: seen.processes,
          cpuThrottled: rounded(rate(before.throttled, throttled, seconds) / 1e9, 4),
        })
      : null;
    before.at = milliseconds;
    before.cpu = cpu;
    before.throttled = throttled;
    before.received = network.first;
    before.transmitted = network.second;
    return row;
  }

  #look(milliseconds: number): void {
    const [seen, disk] = [this.#seen, this.#diskBytes];
    this.#cgroup.disk(disk);
    const seconds = (milliseconds - seen.at) / 1000;
    seen.readRate = rounded(rate(seen.read, disk.first, seconds));
    seen.writeRate = rounded(rate(seen.written, disk.second, seconds));
    seen.read = disk.first;
    seen.written = disk.second;
    seen.memory = this.#cgroup.memoryBytes();
    seen.processes = this.#cgroup.processes() || 0;
    seen.at = milliseconds;
  }

  close(): void {
    this.#cgroup.close();
    this.#network?.close();
  }
}

/** In the order of `containerColumns`; that each column is here once, the type says. */
function rowOf(values: Record<ContainerColumn, number>): number[] {
  return [
    values.cpuCores,
    values.memoryBytes,
    values.memoryLimitBytes,
    values.networkReceiveBytesPerSecond,
    values.networkTransmitBytesPerSecond,
    values.diskReadBytesPerSecond,
    values.diskWriteBytesPerSecond,
    values.processes,
    values.cpuThrottled,
  ];
}
