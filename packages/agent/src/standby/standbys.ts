/**
 * Exchanging a container without a gap, where two of it may run at once. Its host port belongs to the container that
 * holds it until that one stops; so a third one, the standby, is made to the new specification at a port that is free,
 * and once it is healthy the host port is redirected to it. Then the exchange takes its usual course behind it, and the
 * standby goes when it is over, whatever became of it.
 */
import { BerthError, toBerthError } from "@berth/shared/errors";
import { instanceEnsure } from "@berth/shared/operations/instance-ensure";
import type { ContainerSpec, InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { Engine } from "../docker/engine.ts";
import type { StandbyContainer, StandbyEngine } from "../docker/standby-engine.ts";
import type { Log } from "../log.ts";
import type { OperationContext } from "../operations/context.ts";
import { waitUntilHealthy } from "../operations/health-gate.ts";
import { unhealthyError } from "../operations/health.ts";
import type { ContainerCheck } from "../operations/instance-check.ts";
import { logTail } from "../operations/log-tail.ts";
import type { ResourceLocks } from "../operations/locks.ts";
import { isOutage } from "../operations/outage.ts";
import { redactor } from "../operations/redact.ts";
import type { RedirectedPort, Redirects } from "./redirect.ts";

export interface StandbysDependencies {
  engine: Engine;
  standbys: StandbyEngine;
  redirects: Pick<Redirects, "open" | "close" | "instances">;
  /** Whether Docker's userland proxy takes what comes to the port: what is redirected to it passes by Docker's rules. */
  isProxied: (port: number) => Promise<boolean>;
  /** Of the node, in bytes. */
  availableMemory: () => number;
  log: Log;
}

/** What was begun is taken back whatever becomes of the operation. */
const never = new AbortController().signal;

export class Standbys {
  readonly #dependencies: StandbysDependencies;
  /** Names of instances whose port may lead to one. */
  readonly #answering = new Set<string>();

  constructor(dependencies: StandbysDependencies) {
    this.#dependencies = dependencies;
  }

  /** Whether a standby answers in the instance's place. */
  answersFor(instance: string): boolean {
    return this.#answering.has(instance);
  }

  /**
   * Has a standby answer before a container that may run side by side is exchanged. Where there can be none, for want of
   * memory say, it tells why and returns: the exchange then has a gap. Throws when the new one is unhealthy, with nothing
   * that ran touched.
   */
  async raise(spec: InstanceSpec, checks: readonly ContainerCheck[], context: OperationContext): Promise<void> {
    const container = sideBySide(spec);
    if (container === undefined) return;
    const { losses } = this.#dependencies.engine.presence;
    try {
      if (await this.#carriesOn(spec.instance, container)) return;
      if (checks.some(isExchanged)) await this.#start(spec, container, context);
    } catch (error) {
      await this.lower(spec);
      context.signal.throwIfAborted();
      const { code, message } = toBerthError(error);
      if (code === "instance.unhealthy" || (await isOutage(this.#dependencies.engine, losses))) throw error;
      context.progress({ line: `${container.name}: it does not answer while it is exchanged: ${message}` });
    }
  }

  /**
   * The instance's own containers answer again from now on; what is open to the standby may end in order. Throws only
   * when the port still leads to it.
   */
  async lower(spec: InstanceSpec): Promise<void> {
    const container = sideBySide(spec);
    if (container === undefined) return;
    await this.#lower(spec.instance, container.stopTimeoutSeconds, this.#answering.has(spec.instance));
  }

  /** Takes back what an operation that was killed has left, and no other carries on with; tells of which instances. */
  async clearLeftovers(locks: ResourceLocks, onCleared: (instance: string) => void): Promise<void> {
    const { standbys, log } = this.#dependencies;
    try {
      const redirected = await this.#redirected();
      const left = new Set([...redirected, ...(await standbys.list()).map(({ instance }) => instance)]);
      for (const instance of left) {
        const lower = () => this.#lower(instance, null, redirected.includes(instance));
        await locks.run(`instance/${instance}`, never, lower).catch((error: unknown) => {
          log.warn({ instance, reason: toBerthError(error).message }, "a standby could not be cleared away");
        });
        onCleared(instance);
      }
    } catch (error) {
      log.warn({ reason: toBerthError(error).message }, "standbys could not be cleared away");
    }
  }

  /** One that an attempt before this one has made goes on. A restart may have given it another port meanwhile. */
  async #carriesOn(instance: string, container: ContainerSpec): Promise<boolean> {
    const isRedirected = (await this.#redirected()).includes(instance);
    const isRunning = (await this.#find(instance)).some((standby) => standby.isRunning);
    if (isRedirected && isRunning) {
      await this.#redirect(instance, container, never);
      return true;
    }
    await this.#lower(instance, null, isRedirected);
    return false;
  }

  async #start(spec: InstanceSpec, container: ContainerSpec, context: OperationContext): Promise<void> {
    const { signal, progress, phase } = context;
    const { engine, standbys, redirects, availableMemory } = this.#dependencies;
    const { name, health } = container;
    if (availableMemory() < container.memoryBytes) {
      throw new BerthError("conflict", `the node has no memory for another ${name} beside it`);
    }
    if (health.startPeriodSeconds * 2 > instanceEnsure.deadlineSeconds) {
      throw new BerthError("conflict", `${name} may take too long for two starts in one operation`);
    }
    // Without nft there is no need to begin.
    await redirects.instances(signal);
    progress({ line: `starting a standby of ${name}` });
    const of = `standby of ${name}`;
    const id = await phase("create", of, () => standbys.create(spec, container));
    await phase("start", of, () => engine.startContainer(id));
    const onWaiting = (waiting: string): void => progress({ line: `${of}: waiting for health: ${waiting}` });
    const gate = { signal, successes: health.failures, onWaiting };
    const reason = await phase("wait until healthy", of, () => waitUntilHealthy(engine, container, id, gate));
    if (reason !== null) {
      const log = await logTail(engine, id, redactor(spec));
      throw unhealthyError(spec.instance, reason, log, "What runs was not touched.");
    }
    await this.#redirect(spec.instance, container, signal);
    progress({ line: `the standby of ${name} answers` });
  }

  async #redirect(instance: string, container: ContainerSpec, signal: AbortSignal): Promise<void> {
    const ports = await this.#ports(instance, container);
    // Before: an nft that is cut off may have done it all the same.
    this.#answering.add(instance);
    await this.#dependencies.redirects.open(instance, ports, signal);
  }

  async #ports(instance: string, container: ContainerSpec): Promise<RedirectedPort[]> {
    const [standby] = await this.#find(instance);
    return Promise.all(
      container.ports.map(async (port) => {
        const to = standby?.ports.find(({ container: of }) => of === port.container)?.host;
        if (to === undefined || !(await this.#dependencies.isProxied(to))) {
          throw new BerthError("docker.failed", "Docker takes connections by rules alone, without its userland proxy");
        }
        return { host: port.host, to };
      }),
    );
  }

  async #lower(instance: string, timeoutSeconds: number | null, isRedirected: boolean): Promise<void> {
    const { engine, redirects, log } = this.#dependencies;
    // First of all, and whether Docker is there or not: a port must not lead to what is gone.
    if (isRedirected) await redirects.close(instance, never);
    this.#answering.delete(instance);
    try {
      for (const { id } of await this.#find(instance)) {
        await engine.stopContainer(id, timeoutSeconds);
        await engine.removeContainer(id);
      }
    } catch (error) {
      // It is in nobody's way: the next look at what is left takes it.
      log.warn({ instance, reason: toBerthError(error).message }, "a standby is left to be cleared away");
    }
  }

  /** Where nft cannot tell, it has made none either. */
  async #redirected(): Promise<string[]> {
    return this.#dependencies.redirects.instances(never).catch(() => []);
  }

  async #find(instance: string): Promise<StandbyContainer[]> {
    return (await this.#dependencies.standbys.list()).filter((standby) => standby.instance === instance);
  }
}

/** Of an instance of one container: a standby among the others of a composite one would answer them as well. */
function sideBySide({ containers: [container, ...others] }: InstanceSpec): ContainerSpec | undefined {
  return container?.sideBySide === true && others.length === 0 ? container : undefined;
}

/** One that does not run answers nobody: there is nothing to bridge. */
function isExchanged({ spec, repair, current }: ContainerCheck): boolean {
  return repair === "replace" && current?.state === "running" && spec.ports.length > 0;
}
