/** Samples node and containers at a fixed pace and hands over batches of frames. Containers come by Docker's events. */
import type { Frame, SampleBatch } from "@berth/shared/metrics/samples";
import type { DockerEvent, Engine } from "../docker/engine.ts";
import { labels } from "../docker/labels.ts";
import type { DockerListener } from "../docker/watch.ts";
import type { Log } from "../log.ts";
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
  meter: ContainerMeter;
}

export interface Sampling {
  intervalSeconds: number;
  batchSeconds: number;
}

const mostFrames = 4000;
const defaults: Sampling = { intervalSeconds: 1, batchSeconds: 10 };

export class Sampler implements DockerListener {
  readonly #dependencies: SamplerDependencies;
  /** By container id. */
  readonly #containers = new Map<string, Measured>();
  #sampling = defaults;
  #timer: NodeJS.Timeout | undefined;
  #frames: Frame[] = [];
  #names: string[] = [];
  #batchAt = 0;

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
    if (action === "start") this.#addSoon(id);
    else if (action === "die" || action === "destroy") this.#remove(id);
    else if (action === "update") known?.meter.refreshLimits();
    else if (action === "rename" && known !== undefined) {
      this.#flush();
      known.name = name;
    }
  }

  async #list(): Promise<void> {
    const running = await this.#dependencies.engine.listContainers({ onlyRunning: true });
    const ids = new Set(running.map(({ id }) => id));
    for (const id of this.#containers.keys()) if (!ids.has(id)) this.#remove(id);
    await Promise.all(running.map(async ({ id }) => this.#add(id)));
  }

  #addSoon(id: string): void {
    void this.#add(id).catch((error: unknown) => {
      this.#dependencies.log.warn({ container: id, reason: String(error) }, "the container is not sampled");
    });
  }

  async #add(id: string): Promise<void> {
    const details = await this.#dependencies.engine.inspectContainer(id);
    if (details === null || details.pid === 0) return;
    // What is thrown away in a minute is nobody's series.
    if (details.labels[labels.drill] !== undefined || details.labels[labels.standby] !== undefined) return;
    // It may have started again meanwhile: the newer process counts.
    this.#remove(id);
    this.#flush();
    const meter = new ContainerMeter(this.#dependencies.node.mounts, details.pid);
    this.#containers.set(id, { name: details.name, meter });
  }

  #remove(id: string): void {
    const known = this.#containers.get(id);
    if (known === undefined) return;
    this.#flush();
    known.meter.close();
    this.#containers.delete(id);
  }

  #tick(): void {
    const now = Date.now();
    const { node } = this.#dependencies;
    const limit = node.memoryLimitBytes(now);
    const row = node.sample(now);
    const containers: (number[] | null)[] = [];
    for (const { meter } of this.#containers.values()) containers.push(meter.sample(now, limit));
    if (row === null) return;
    if (this.#frames.length === 0) {
      this.#batchAt = now;
      this.#names = [...this.#containers.values()].map(({ name }) => name);
    }
    this.#frames.push({ at: now, node: row, containers });
    const isFull = this.#frames.length >= mostFrames;
    // Half an interval early is closer than half an interval late.
    const due = this.#sampling.batchSeconds * 1000 - this.#sampling.intervalSeconds * 500;
    if (isFull || now - this.#batchAt + this.#sampling.intervalSeconds * 1000 >= due) this.#flush();
  }

  /** Also whenever the set of containers changes: a batch has one list of names. */
  #flush(): void {
    if (this.#frames.length === 0) return;
    const batch = { containers: this.#names, frames: this.#frames };
    this.#frames = [];
    this.#dependencies.onBatch(batch);
  }
}
