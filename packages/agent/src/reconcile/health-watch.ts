/** Watches the health of every instance for as long as it runs, and tells when it changes. */
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { InstanceState } from "@berth/shared/protocol/state";
import type { ContainerDetails, Engine } from "../docker/engine.ts";
import type { Log } from "../log.ts";
import { probe } from "../operations/health.ts";
import { afterProbe, type HealthState, nextLookSeconds, starting } from "./health-state.ts";
import type { HealthStates } from "./observer.ts";

interface WatchedContainer {
  spec: ContainerSpec;
  details: ContainerDetails;
  health: HealthState;
  looked: boolean;
  timer: NodeJS.Timeout | undefined;
}

export interface HealthListener {
  /** Some container of the instance changed between starting, healthy and unhealthy. */
  onHealth(instance: string, state: InstanceState): void;
}

const worst: readonly InstanceState[] = ["unhealthy", "starting", "healthy"];

export class HealthWatch implements HealthStates {
  readonly #engine: Engine;
  readonly #listener: HealthListener;
  readonly #log: Log;
  readonly #watched = new Map<string, WatchedContainer[]>();
  #waiting: (() => void)[] = [];

  constructor(engine: Engine, listener: HealthListener, log: Log) {
    this.#engine = engine;
    this.#listener = listener;
    this.#log = log;
  }

  /** Watches these containers of the instance; those already watched, by id and start, keep their state. */
  watch(spec: InstanceSpec, containers: readonly ContainerDetails[]): void {
    const before = this.#watched.get(spec.instance) ?? [];
    const after: WatchedContainer[] = [];
    for (const container of spec.containers) {
      const details = containers.find(({ name, state }) => name === container.name && state === "running");
      if (details === undefined) continue;
      const known = before.find((watched) => isSame(watched, details));
      // The same container may have to be looked at in another way.
      if (known !== undefined) known.spec = container;
      after.push(known ?? { spec: container, details, health: starting, looked: false, timer: undefined });
    }
    for (const watched of before) if (!after.includes(watched)) clearTimeout(watched.timer);
    this.#watched.set(spec.instance, after);
    for (const watched of after) if (!before.includes(watched)) this.#look(spec.instance, watched);
    this.#settle();
  }

  forget(instance: string): void {
    for (const { timer } of this.#watched.get(instance) ?? []) clearTimeout(timer);
    this.#watched.delete(instance);
    this.#settle();
  }

  stop(): void {
    for (const instance of this.#watched.keys()) this.forget(instance);
  }

  stateOf(instance: string, containerIds: readonly string[]): InstanceState | undefined {
    const watched = this.#watched.get(instance) ?? [];
    const seen = containerIds.map((id) => watched.find(({ details }) => details.id === id));
    if (seen.some((container) => container === undefined || !container.looked)) return undefined;
    return worst.find((state) => seen.some((container) => container?.health.state === state));
  }

  /** Resolves when every watched container has been looked at once. */
  async firstLook(): Promise<void> {
    if (this.#allLooked()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    await promise;
  }

  #look(instance: string, watched: WatchedContainer): void {
    void this.#probe(instance, watched).catch((error: unknown) => {
      this.#log.error({ instance, err: error }, "health could not be looked at");
    });
  }

  async #probe(instance: string, watched: WatchedContainer): Promise<void> {
    const { spec, details } = watched;
    const result = await probe(this.#engine, details, spec.health);
    if (this.#watched.get(instance)?.includes(watched) !== true) return;
    const ageSeconds = (Date.now() - Date.parse(details.startedAt ?? "")) / 1000;
    const before = watched.looked ? watched.health.state : undefined;
    watched.health = afterProbe(watched.health, result, ageSeconds, spec.health);
    watched.looked = true;
    const seconds = nextLookSeconds(watched.health, spec.health);
    watched.timer = setTimeout(() => {
      this.#look(instance, watched);
    }, seconds * 1000);
    this.#settle();
    if (watched.health.state !== before) this.#tell(instance, watched, result);
  }

  #tell(instance: string, { spec, health }: WatchedContainer, reason: string | null): void {
    this.#log.info({ instance, container: spec.name, state: health.state, reason }, "health changed");
    const ids = this.#watched.get(instance)?.map(({ details }) => details.id) ?? [];
    this.#listener.onHealth(instance, this.stateOf(instance, ids) ?? "unknown");
  }

  #allLooked(): boolean {
    return [...this.#watched.values()].every((containers) => containers.every(({ looked }) => looked));
  }

  #settle(): void {
    if (this.#waiting.length === 0 || !this.#allLooked()) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
  }
}

function isSame({ details }: WatchedContainer, other: ContainerDetails): boolean {
  return details.id === other.id && details.startedAt === other.startedAt && details.address === other.address;
}
