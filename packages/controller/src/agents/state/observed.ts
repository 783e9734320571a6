/** Instances as last observed, of every node; what changes is told at once and stored for the next start. */
import { isDeepStrictEqual } from "node:util";
import type { AgentEvent } from "@berth/shared/protocol/events";
import type { Observation, ObservedInstance } from "@berth/shared/protocol/state";
import type { Background } from "../background.ts";
import type { AgentStore, PlacedInstance } from "../store.ts";
import type { Clock } from "../clock.ts";

export interface ObservedOptions {
  store: AgentStore;
  clock: Clock;
  background: Background;
  /** After the change was stored, so that whoever hears of it can read it */
  onInstance: (placed: PlacedInstance) => void;
  onGone: (gone: { node: string; name: string }) => void;
}

type Announcement = () => void;

export class Observed {
  readonly #options: ObservedOptions;
  readonly #nodes = new Map<string, Map<string, PlacedInstance>>();

  constructor(options: ObservedOptions) {
    this.#options = options;
  }

  load(instances: readonly PlacedInstance[]): void {
    for (const placed of instances) this.#of(placed.node).set(placed.instance.instance, placed);
  }

  list(node?: string): PlacedInstance[] {
    const nodes = node === undefined ? [...this.#nodes.values()] : [this.#nodes.get(node) ?? new Map()];
    return nodes.flatMap((instances) => [...instances.values()]);
  }

  /** Instance to which the container belongs, or undefined. */
  instanceOf(node: string, container: string): string | undefined {
    for (const { instance } of this.#nodes.get(node)?.values() ?? []) {
      if (instance.containers.some(({ name }) => name === container)) return instance.instance;
    }
    return undefined;
  }

  /** A whole observation. While Docker cannot be reached it says nothing, and what was seen last stays. */
  replace(node: string, observation: Observation): void {
    if (observation.docker === "unreachable") return;
    const seen = new Set(observation.instances.map(({ instance }) => instance));
    const gone = [...this.#of(node).keys()].filter((name) => !seen.has(name));
    const news = [
      ...observation.instances.flatMap((instance) => this.#set(node, instance)),
      ...gone.flatMap((name) => this.#remove(node, name)),
    ];
    const { store, clock } = this.#options;
    this.#keep(node, news, store.replaceObservedInstances(node, clock.now(), observation.instances));
  }

  /** What one event says. */
  apply(node: string, body: AgentEvent["body"]): void {
    const { store, clock } = this.#options;
    const observedAt = clock.now();
    if (body.kind === "instance.state") {
      const news = this.#set(node, body.instance);
      this.#keep(node, news, store.saveObservedInstance({ node, observedAt, instance: body.instance }));
    } else if (body.kind === "instance.gone") {
      const news = this.#remove(node, body.name);
      this.#keep(node, news, store.removeObservedInstance(node, body.name, observedAt));
    }
  }

  forget(node: string): void {
    const news = [...this.#of(node).keys()].flatMap((name) => this.#remove(node, name));
    this.#nodes.delete(node);
    for (const announce of news) announce();
  }

  #of(node: string): Map<string, PlacedInstance> {
    const known = this.#nodes.get(node);
    if (known !== undefined) return known;
    const made = new Map<string, PlacedInstance>();
    this.#nodes.set(node, made);
    return made;
  }

  #set(node: string, instance: ObservedInstance): Announcement[] {
    const before = this.#of(node).get(instance.instance);
    const placed = { node, observedAt: this.#options.clock.now(), instance };
    this.#of(node).set(instance.instance, placed);
    const isNews = !isDeepStrictEqual(before?.instance, instance);
    return isNews ? [() => this.#options.onInstance(placed)] : [];
  }

  #remove(node: string, name: string): Announcement[] {
    const isNews = this.#of(node).delete(name);
    return isNews ? [() => this.#options.onGone({ node, name })] : [];
  }

  #keep(node: string, news: readonly Announcement[], writing: Promise<void>): void {
    // What could not be stored has happened all the same.
    const told = writing.finally(() => {
      for (const announce of news) announce();
    });
    this.#options.background.run(told, "the observed state of a node was not stored", node);
  }
}
