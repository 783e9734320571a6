/** Whether what became healthy stays so: some versions die after half a minute. */
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import { pause } from "../deadline.ts";
import type { ContainerDetails, Engine } from "../docker/engine.ts";
import type { OperationContext } from "./context.ts";
import { outOfMemory, stateReason } from "./health-gate.ts";
import { probe } from "./health.ts";

/** What a container's end is seen by. */
const inspectMilliseconds = 1000;
const tellMilliseconds = 10_000;

export interface Relapse {
  container: ContainerSpec;
  id: string;
  reason: string;
}

/**
 * Watches the containers, by id in the order of the specification, for so long. Null: none ended or was started again,
 * and none was unhealthy, which takes as many failing probes in a row as its specification says.
 */
export async function stayHealthy(
  engine: Engine,
  spec: InstanceSpec,
  ids: readonly string[],
  seconds: number,
  { signal, progress }: OperationContext,
): Promise<Relapse | null> {
  if (seconds === 0) return null;
  const startedAt = performance.now();
  const elapsed = (): number => performance.now() - startedAt;
  const watched = await watchAll(engine, spec, ids);
  let toldAt = 0;
  progress({ line: `${spec.instance} is healthy: watching it for ${seconds} s` });
  for (;;) {
    for (const one of watched) {
      const reason = await one.look();
      if (reason === null) continue;
      return { container: one.spec, id: one.id, reason: `${reason}, ${Math.round(elapsed() / 1000)} s after it was` };
    }
    if (elapsed() >= seconds * 1000 && watched.every(({ isHealthy }) => isHealthy)) return null;
    if (elapsed() - toldAt >= tellMilliseconds) {
      toldAt = elapsed();
      const fraction = Math.min(1, elapsed() / 1000 / seconds);
      progress({ line: `${spec.instance} is healthy for ${Math.round(elapsed() / 1000)} of ${seconds} s`, fraction });
    }
    const left = Math.max(1, seconds * 1000 - elapsed());
    await pause(Math.min(left, inspectMilliseconds, ...watched.map(({ intervalMilliseconds: each }) => each)), signal);
  }
}

async function watchAll(engine: Engine, spec: InstanceSpec, ids: readonly string[]): Promise<WatchedContainer[]> {
  const watched = spec.containers.flatMap((container, index) => {
    const id = ids[index];
    return id === undefined ? [] : [{ container, id }];
  });
  return Promise.all(
    watched.map(async ({ container, id }) => {
      return new WatchedContainer(engine, container, id, await engine.inspectContainer(id));
    }),
  );
}

class WatchedContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly #engine: Engine;
  readonly #first: ContainerDetails | null;
  /** It was healthy a moment ago. */
  #probedAt = performance.now();
  #failures = 0;

  constructor(engine: Engine, spec: ContainerSpec, id: string, first: ContainerDetails | null) {
    this.#engine = engine;
    this.spec = spec;
    this.id = id;
    this.#first = first;
  }

  get intervalMilliseconds(): number {
    return this.spec.health.intervalSeconds * 1000;
  }

  /** As the last probe said. */
  get isHealthy(): boolean {
    return this.#failures === 0;
  }

  /** Null: nothing speaks against it. */
  async look(): Promise<string | null> {
    const container = await this.#engine.inspectContainer(this.id);
    if (container === null || this.#first === null) return "its container was removed";
    if (container.state !== "running") return stateReason(container);
    if (container.restarts !== this.#first.restarts || container.startedAt !== this.#first.startedAt) {
      return `its container ended and was started again${outOfMemory(container)}`;
    }
    if (performance.now() - this.#probedAt < this.intervalMilliseconds) return null;
    const reason = await probe(this.#engine, container, this.spec.health);
    this.#probedAt = performance.now();
    this.#failures = reason === null ? 0 : this.#failures + 1;
    return this.#failures < this.spec.health.failures ? null : reason;
  }
}
