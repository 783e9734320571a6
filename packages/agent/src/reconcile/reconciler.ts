/** Holds the node to its last desired state, with no controller in reach. */
import { BerthError, toBerthError } from "@berth/shared/errors";
import { instanceEnsure } from "@berth/shared/operations/instance-ensure";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { InstanceState } from "@berth/shared/protocol/state";
import { Backoff } from "../backoff.ts";
import type { ContainerDetails, DockerEvent, Engine } from "../docker/engine.ts";
import type { DockerListener } from "../docker/watch.ts";
import type { Journal } from "../journal/journal.ts";
import type { Log } from "../log.ts";
import { checkInstance, differencesOf, type ImageIds } from "../operations/instance-check.ts";
import { ensureInstance } from "../operations/instance-ensure.ts";
import { untold } from "../operations/phases.ts";
import { freeingKeptPorts } from "../operations/kept-port.ts";
import type { ResourceLocks } from "../operations/locks.ts";
import { runningContainers, startAgain, stopInReverse } from "../operations/pause-instance.ts";
import type { EventPublisher } from "./event-publisher.ts";
import type { HealthListener, HealthWatch } from "./health-watch.ts";
import { KeyedTimers } from "./keyed-timers.ts";

/** Docker's events come in bursts: die, stop, start. One look after the burst is enough. */
const settleMilliseconds = 200;
const sweepMilliseconds = 5 * 60_000;
const firstRetryMilliseconds = 1000;
const lastRetryMilliseconds = 5 * 60_000;

export interface ReconcilerDependencies {
  engine: Engine;
  journal: Journal;
  locks: ResourceLocks;
  events: EventPublisher;
  log: Log;
  /** Set right after construction: the watch tells the reconciler, which tells the watch what to look at. */
  health: () => HealthWatch;
}

export class Reconciler implements DockerListener, HealthListener {
  readonly #dependencies: ReconcilerDependencies;
  readonly #timers = new KeyedTimers();
  readonly #backoffs = new Map<string, Backoff>();
  /** By instance: no mending before this time (performance.now), however many events come. */
  readonly #notBefore = new Map<string, number>();
  /** By instance: what was last reported, so that one drift is one event. */
  readonly #reported = new Map<string, string>();
  readonly #mending = new Map<string, AbortController>();
  readonly #stopping = new AbortController();
  #firstSweep = Promise.withResolvers<void>();
  /** At what operations have made. */
  readonly #looks = new Set<Promise<void>>();

  constructor(dependencies: ReconcilerDependencies) {
    this.#dependencies = dependencies;
  }

  onRunning(): void {
    this.#dependencies.events.docker("running");
    void this.#sweep();
  }

  onUnreachable(): void {
    this.#dependencies.events.docker("unreachable");
    this.#timers.clear();
  }

  onEvent(event: DockerEvent): void {
    if (event.instance === undefined) return;
    if (event.action === "oom") this.#dependencies.events.outOfMemory(event.instance, event.name);
    this.#soon(event.instance, settleMilliseconds);
  }

  /** A healthy instance proves its specification, also when that took longer than the operation waited. */
  onHealth(instance: string, state: InstanceState): void {
    if (state === "healthy") {
      this.#resetMending(instance);
      if (!this.isWorkedOn(instance)) this.#dependencies.journal.desired.prove(instance);
    } else if (state === "unhealthy") {
      // Not every departure is an event of the container: one that was taken off its network tells by its health alone.
      this.#soon(instance, 0);
    }
    this.#dependencies.events.instance(instance);
  }

  /** An operation is about to work on the instance: mending gives way. */
  giveWay(instance: string): void {
    this.#mending.get(instance)?.abort(new Error("an operation works on the instance"));
    this.#soon(instance, settleMilliseconds);
  }

  /** An operation on the instance has ended: watch what it made. */
  onSettled(instance: string): void {
    this.#resetMending(instance);
    const look = this.#reconcile(instance).finally(() => this.#looks.delete(look));
    this.#looks.add(look);
  }

  /** The fleet has another policy about drift: what was only reported may now be mended. */
  onPolicy(): void {
    this.#reported.clear();
    void this.#sweep();
  }

  /** Resolves when every instance has been looked at once since Docker was reached, and since an operation on it. */
  async ready(): Promise<void> {
    await this.#firstSweep.promise;
    await Promise.all(this.#looks);
  }

  stop(): void {
    this.#stopping.abort(new Error("the agent stops"));
    this.#timers.clear();
  }

  #soon(instance: string, milliseconds: number): void {
    this.#timers.set(instance, milliseconds, () => {
      void this.#reconcile(instance);
    });
  }

  async #sweep(): Promise<void> {
    const instances = this.#dependencies.journal.desired.all().map(({ instance }) => instance);
    await Promise.all(instances.map(async (instance) => this.#reconcile(instance)));
    this.#firstSweep.resolve();
    this.#timers.set("", sweepMilliseconds, () => {
      void this.#sweep();
    });
  }

  /** Never rejects: a failure is reported and tried again. */
  async #reconcile(instance: string): Promise<void> {
    // Whoever works on the instance calls onSettled at the end. Until then it is looked at, and not touched.
    if (this.isWorkedOn(instance)) {
      this.#dependencies.events.instance(instance);
      return;
    }
    try {
      if (this.#dependencies.journal.held.has(instance)) {
        await this.#keepStopped(instance);
        return;
      }
      await this.#startAgain(instance);
      await this.#look(instance);
    } catch (error) {
      if (this.#stopping.signal.aborted || this.isWorkedOn(instance)) return;
      const { code, message } = toBerthError(error);
      const wait = this.#delayMending(instance);
      this.#dependencies.log.warn({ instance, code, reason: message, wait }, "the instance could not be reconciled");
      this.#soon(instance, wait);
    }
  }

  /** What an operation has stopped and could not start again, since the agent was killed say; drift or not. */
  async #startAgain(instance: string): Promise<void> {
    const { engine, journal, locks } = this.#dependencies;
    if (journal.stopped.get(instance).length === 0) return;
    const { signal } = this.#stopping;
    await locks.run(`instance/${instance}`, signal, () => startAgain({ engine, stopped: journal.stopped }, instance));
  }

  /** An operation holds it: what Docker has started by itself, after it was killed say, is stopped again. */
  async #keepStopped(instance: string): Promise<void> {
    const { engine, journal, locks, events, health, log } = this.#dependencies;
    health().forget(instance);
    this.#reported.delete(instance);
    const { signal } = this.#stopping;
    const ask = () => runningContainers({ engine, desired: journal.desired }, instance);
    if ((await ask()).length > 0) {
      await locks.run(`instance/${instance}`, signal, async () => {
        // An operation that came before may have ended the hold.
        if (!journal.held.has(instance)) return;
        log.info({ instance }, "stopping again what is to stay stopped");
        await stopInReverse(engine, await ask(), { signal, progress: () => undefined, phase: untold });
      });
    }
    events.instance(instance);
  }

  async #look(instance: string): Promise<void> {
    const { journal, events, health } = this.#dependencies;
    const spec = journal.desired.get(instance);
    if (spec === undefined) {
      health().forget(instance);
      this.#reported.delete(instance);
      events.instance(instance);
      return;
    }
    const [containers, images] = await this.#inspect(spec);
    health().watch(spec, containers);
    const held = journal.desired.proven(instance);
    const drift = held === undefined ? [] : differencesOf(checkInstance(held, containers, images));
    events.instance(instance);
    if (held !== undefined && drift.length > 0) await this.#onDrift(held, drift);
    else this.#reported.delete(instance);
  }

  async #inspect(spec: InstanceSpec): Promise<[ContainerDetails[], ImageIds]> {
    const { engine } = this.#dependencies;
    const references = [...new Set(spec.containers.map(({ image }) => image))];
    const [details, ids] = await Promise.all([
      Promise.all(spec.containers.map(async ({ name }) => engine.inspectContainer(name))),
      Promise.all(references.map(async (reference) => [reference, await engine.imageId(reference)] as const)),
    ]);
    return [
      details.filter((container) => container !== null),
      new Map(ids.filter((entry): entry is readonly [string, string] => entry[1] !== null)),
    ];
  }

  async #onDrift(spec: InstanceSpec, drift: string[]): Promise<void> {
    const { journal } = this.#dependencies;
    if (journal.drift === "report") {
      this.#report(spec.instance, drift, false);
      return;
    }
    const wait = (this.#notBefore.get(spec.instance) ?? 0) - performance.now();
    if (wait > 0) this.#soon(spec.instance, wait);
    else await this.#mend(spec, drift);
  }

  async #mend(spec: InstanceSpec, drift: string[]): Promise<void> {
    const { engine, locks, log } = this.#dependencies;
    const { instance } = spec;
    const { resource, deadlineSeconds } = instanceEnsure;
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.#stopping.signal]);
    const timer = setTimeout(() => {
      abort.abort(new BerthError("deadline.exceeded", `Mending ${instance} did not end within ${deadlineSeconds} s.`));
    }, deadlineSeconds * 1000);
    this.#mending.set(instance, abort);
    log.info({ instance, drift }, "mending");
    const context = { signal, progress: () => undefined, phase: untold };
    try {
      await locks.run(resource(spec), signal, async () => {
        await freeingKeptPorts(engine, spec, context, () =>
          ensureInstance(engine, spec, context, { waitForHealth: false }),
        );
      });
    } catch (error) {
      this.#report(instance, drift, false);
      throw error;
    } finally {
      clearTimeout(timer);
      this.#mending.delete(instance);
    }
    this.#report(instance, drift, true);
    this.#soon(instance, settleMilliseconds);
    this.#delayMending(instance);
  }

  /** What drifts again and again is mended ever more calmly, until its health resets the wait. */
  #delayMending(instance: string): number {
    const wait = this.#backoff(instance).next();
    this.#notBefore.set(instance, performance.now() + wait);
    return wait;
  }

  #resetMending(instance: string): void {
    this.#backoffs.delete(instance);
    this.#notBefore.delete(instance);
  }

  #report(instance: string, what: string[], mended: boolean): void {
    const key = JSON.stringify([what, mended]);
    if (!mended && this.#reported.get(instance) === key) return;
    this.#reported.set(instance, key);
    this.#dependencies.events.drift(instance, what, mended);
  }

  /** Whether an operation, or mending, works on the instance. */
  isWorkedOn(instance: string): boolean {
    return this.#dependencies.locks.held(`instance/${instance}`);
  }

  #backoff(instance: string): Backoff {
    const known = this.#backoffs.get(instance);
    if (known !== undefined) return known;
    const made = new Backoff({ firstMilliseconds: firstRetryMilliseconds, lastMilliseconds: lastRetryMilliseconds });
    this.#backoffs.set(instance, made);
    return made;
  }
}
