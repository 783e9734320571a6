/** Samples node and containers at a fixed pace and hands over batches of frames. Containers come by Docker's events. */
import { longestContainerName, mostContainers, type SampleBatch } from "@berth/shared/metrics/samples";
import type { ContainerSummary, DockerEvent, Engine } from "../docker/engine.ts";
import { labels } from "../docker/labels.ts";
import type { DockerListener } from "../docker/watch.ts";
import type { Log } from "../log.ts";
import { errorCode } from "../files.ts";
import { Batch } from "./batch.ts";
import { ContainerMeter } from "./container-meter.ts";
import type { NodeMeter } from "./node-meter.ts";

export interface SamplerDependencies {
  engine: Engine;
  node: NodeMeter;
  log: Log;
  onBatch: (batch: SampleBatch) => void;
}

interface Measured {
  name: string;
  /** Of an instance. */
  isOwn: boolean;
  meter: ContainerMeter;
}

export interface Sampling {
  intervalSeconds: number;
  batchSeconds: number;
}

/** An engine that just started has other work, too. */
const inspectedAtOnce = 8;
const defaults: Sampling = { intervalSeconds: 1, batchSeconds: 10 };

export class Sampler implements DockerListener {
  readonly #dependencies: SamplerDependencies;
  /** By container id. */
  readonly #containers = new Map<string, Measured>();
  #sampling = defaults;
  #timer: NodeJS.Timeout | undefined;
  readonly #batch = new Batch();
  /** Looked at by id, and not gone since. */
  readonly #looking = new Map<string, symbol>();
  #toldOfSurplus = false;

  constructor(dependencies: SamplerDependencies) {
    this.#dependencies = dependencies;
  }

  start(): void {
    this.set(this.#sampling);
  }

  set(sampling: Sampling): void {
    this.#flush();
    this.#sampling = sampling;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      this.#tick();
    }, sampling.intervalSeconds * 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#flush();
    for (const id of this.#containers.keys()) this.#remove(id);
  }

  onRunning(): void {
    void this.#list().catch((error: unknown) => {
      this.#dependencies.log.warn({ reason: String(error) }, "the containers to sample could not be listed");
    });
  }

  /** Containers may outlive their engine: they stay until the next list. */
  onUnreachable(): void {}

  onEvent({ action, id, name }: DockerEvent): void {
    const known = this.#containers.get(id);
    if (action === "start") void this.#add(id);
    else if (action === "die" || action === "destroy") this.#remove(id);
    else if (action === "update") known?.meter.refreshLimits();
    else if (action === "rename" && known !== undefined) known.name = name.slice(0, longestContainerName);
  }

  async #list(): Promise<void> {
    const running = await this.#dependencies.engine.listContainers({ onlyRunning: true });
    const ids = new Set(running.map(({ id }) => id));
    for (const id of this.#containers.keys()) if (!ids.has(id)) this.#remove(id);
    // Where there are too many, those of instances come first.
    const isOwn = ({ labels: of }: ContainerSummary): boolean => of[labels.instance] !== undefined;
    const waiting = [...running.filter(isOwn), ...running.filter((one) => !isOwn(one))];
    const addAll = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await this.#add(next.id);
    };
    await Promise.all(Array.from({ length: inspectedAtOnce }, addAll));
  }

  async #add(id: string): Promise<void> {
    const look = Symbol(id);
    this.#looking.set(id, look);
    try {
      const measured = await this.#measured(id);
      // It may have died meanwhile, or started again: then the newer process counts.
      if (measured === null || this.#looking.get(id) !== look) measured?.meter.close();
      else {
        this.#remove(id);
        this.#containers.set(id, measured);
      }
    } catch (error) {
      this.#dependencies.log.warn({ container: id, reason: String(error) }, "the container is not sampled");
    } finally {
      if (this.#looking.get(id) === look) this.#looking.delete(id);
    }
  }

  /** Null: it has gone already, or is thrown away in a minute, and nobody's series. */
  async #measured(id: string): Promise<Measured | null> {
    const details = await this.#dependencies.engine.inspectContainer(id);
    if (details === null || details.pid === 0) return null;
    if (details.labels[labels.drill] !== undefined || details.labels[labels.standby] !== undefined) return null;
    try {
      return {
        name: details.name.slice(0, longestContainerName),
        isOwn: details.labels[labels.instance] !== undefined,
        meter: new ContainerMeter(this.#dependencies.node.mounts, details.pid),
      };
    } catch (error) {
      if (["ENOENT", "ESRCH"].includes(errorCode(error) ?? "")) return null;
      throw error;
    }
  }

  #remove(id: string): void {
    this.#looking.delete(id);
    this.#containers.get(id)?.meter.close();
    this.#containers.delete(id);
  }

  #tick(): void {
    // Rates are of time that passed, also while the clock is set.
    const steady = performance.timeOrigin + performance.now();
    const { node } = this.#dependencies;
    const limit = node.memoryLimitBytes();
    const row = node.sample(steady);
    const rows = this.#rows(steady, limit);
    if (row === null) return;
    if (!this.#batch.hasRoomFor(rows.keys())) this.#flush();
    this.#batch.add(Date.now(), row, rows);
    const { intervalSeconds, batchSeconds } = this.#sampling;
    // Half an interval early is closer than half an interval late.
    if ((this.#batch.length + 0.5) * intervalSeconds >= batchSeconds || this.#batch.isFull) this.#flush();
  }

  /** As many as a batch may have, those of instances whenever they came; the others follow as some of these go. */
  #chosen(): Measured[] {
    const all = [...this.#containers.values()];
    if (all.length <= mostContainers) return all;
    return [...all.filter(({ isOwn }) => isOwn), ...all.filter(({ isOwn }) => !isOwn)].slice(0, mostContainers);
  }

  #rows(now: number, nodeLimit: number): Map<string, number[]> {
    const rows = new Map<string, number[]>();
    for (const { name, meter } of this.#chosen()) {
      const row = meter.sample(now, nodeLimit);
      if (row !== null) rows.set(name, row);
    }
    this.#tellOfSurplus();
    return rows;
  }

  /** Once each time that there are too many. */
  #tellOfSurplus(): void {
    const running = this.#containers.size;
    const isSurplus = running > mostContainers;
    if (isSurplus && !this.#toldOfSurplus) {
      this.#dependencies.log.warn(
        { running, measured: mostContainers },
        "not all containers are sampled: too many run",
      );
    }
    this.#toldOfSurplus = isSurplus;
  }

  #flush(): void {
    const batch = this.#batch.take();
    const running = this.#containers.size;
    if (batch !== null) this.#dependencies.onBatch(running > mostContainers ? { ...batch, running } : batch);
  }
}
