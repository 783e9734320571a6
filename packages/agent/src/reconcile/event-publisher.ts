/** Writes what happened to the outbox, once per change, and wakes whoever sends it. */
import type { AgentEvent } from "@berth/shared/protocol/events";
import type { ObservedInstance } from "@berth/shared/protocol/state";
import { journalError } from "../journal/database.ts";
import type { Outbox } from "../journal/outbox.ts";
import type { Log } from "../log.ts";

export interface EventPublisherDependencies {
  outbox: Outbox;
  log: Log;
  observeInstance: (name: string) => Promise<ObservedInstance | undefined>;
  /** Called after each event is stored. */
  onEvent: (event: AgentEvent) => void;
}

/** Between two events of the same container's memory. */
const quietMilliseconds = 60_000;

export class EventPublisher {
  readonly #dependencies: EventPublisherDependencies;
  /** By instance: what was last published ("" when it was gone), to tell a change from a repetition. */
  readonly #published = new Map<string, string>();
  readonly #observing = new Map<string, "observing" | "again">();
  readonly #outOfMemoryAt = new Map<string, number>();
  #docker: "running" | "unreachable" | undefined;

  constructor(dependencies: EventPublisherDependencies) {
    this.#dependencies = dependencies;
  }

  /** Looks at the instance and publishes what changed since the last time. */
  instance(name: string): void {
    if (this.#observing.has(name)) {
      this.#observing.set(name, "again");
      return;
    }
    this.#observing.set(name, "observing");
    void this.#observe(name).catch((error: unknown) => {
      this.#dependencies.log.warn({ instance: name, reason: String(error) }, "the instance could not be observed");
    });
  }

  drift(instance: string, what: string[], mended: boolean): void {
    this.#add({ kind: "drift", instance, what, mended });
  }

  firewall(drift: "missing" | "altered", mended: boolean): void {
    this.#add({ kind: "firewall", drift, mended });
  }

  /** Once in a while for each container: one that is killed in a loop would push everything else out of the history. */
  outOfMemory(instance: string, container: string): void {
    const now = performance.now();
    if (now - (this.#outOfMemoryAt.get(container) ?? Number.NEGATIVE_INFINITY) < quietMilliseconds) return;
    this.#outOfMemoryAt.set(container, now);
    this.#add({ kind: "outOfMemory", instance, container });
  }

  docker(state: "running" | "unreachable"): void {
    if (state === this.#docker) return;
    this.#docker = state;
    this.#add({ kind: "docker", state });
  }

  async #observe(name: string): Promise<void> {
    let observed: ObservedInstance | undefined;
    let again = true;
    try {
      while (again) {
        this.#observing.set(name, "observing");
        observed = await this.#dependencies.observeInstance(name);
        again = this.#observing.get(name) === "again";
      }
    } finally {
      this.#observing.delete(name);
    }
    const text = observed === undefined ? "" : JSON.stringify(observed);
    if (text === this.#published.get(name)) return;
    this.#published.set(name, text);
    if (observed === undefined) this.#add({ kind: "instance.gone", name });
    else this.#add({ kind: "instance.state", instance: observed });
  }

  #add(body: AgentEvent["body"]): void {
    const { outbox, onEvent, log } = this.#dependencies;
    try {
      onEvent(outbox.add(body));
    } catch (error) {
      // The node is looked after all the same; what is true now is told by the next observation.
      log.error({ kind: body.kind, reason: journalError(error).message }, "an event could not be kept");
    }
  }
}
