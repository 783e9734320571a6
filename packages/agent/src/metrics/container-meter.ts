/** Measures one container: its control groups, and its network by its first process. */
import { readFileSync } from "node:fs";
import type { ContainerColumn } from "@berth/shared/metrics/samples";
import { CgroupFiles } from "./cgroup-files.ts";
import { type CgroupMounts, parseProcCgroup } from "./cgroup-paths.ts";
import { CounterFile, type Pair, readNetwork } from "./counter-file.ts";
import { rate, rounded } from "./rate.ts";

const isNotLoopback = (name: string): boolean => name !== "lo";

export class ContainerMeter {
  readonly #cgroup: CgroupFiles;
  readonly #network: CounterFile | null;
  readonly #networkBytes: Pair = { first: 0, second: 0 };
  readonly #diskBytes: Pair = { first: 0, second: 0 };
  readonly #before = { at: 0, cpu: Number.NaN, received: 0, transmitted: 0, read: 0, written: 0 };
  #limit: number | null;

  /** Fails when the process has gone meanwhile. */
  constructor(mounts: CgroupMounts, pid: number, proc = "/proc") {
    this.#cgroup = new CgroupFiles(mounts, parseProcCgroup(readFileSync(`${proc}/${pid}/cgroup`, "latin1")));
    this.#network = CounterFile.open(`${proc}/${pid}/net/dev`);
    this.#limit = this.#cgroup.memoryLimitBytes();
  }

  /** After `docker update`. */
  refreshLimits(): void {
    this.#limit = this.#cgroup.memoryLimitBytes();
  }

  /** A row of `containerColumns`; null at the first look, when no rate is known yet, and when the container is gone. */
  sample(milliseconds: number, nodeLimit: number): number[] | null {
    const cpu = this.#cgroup.cpuNanoseconds();
    const memory = this.#cgroup.memoryBytes();
    const network = this.#networkBytes;
    const disk = this.#diskBytes;
    if (this.#network !== null) readNetwork(this.#network, isNotLoopback, network);
    this.#cgroup.disk(disk);
    const before = this.#before;
    const seconds = (milliseconds - before.at) / 1000;
    const isKnown = !Number.isNaN(before.cpu) && !Number.isNaN(cpu) && !Number.isNaN(memory);
    const row = isKnown
      ? rowOf({
          cpuCores: rounded(rate(before.cpu, cpu, seconds) / 1e9, 4),
          memoryBytes: memory,
          memoryLimitBytes: Math.min(this.#limit ?? nodeLimit, nodeLimit),
          networkReceiveBytesPerSecond: rounded(rate(before.received, network.first, seconds)),
          networkTransmitBytesPerSecond: rounded(rate(before.transmitted, network.second, seconds)),
          diskReadBytesPerSecond: rounded(rate(before.read, disk.first, seconds)),
          diskWriteBytesPerSecond: rounded(rate(before.written, disk.second, seconds)),
          processes: this.#cgroup.processes() || 0,
        })
      : null;
    before.at = milliseconds;
    before.cpu = cpu;
    before.received = network.first;
    before.transmitted = network.second;
    before.read = disk.first;
    before.written = disk.second;
    return row;
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
  ];
}
