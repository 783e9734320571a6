/**
 * Exchanging a container without a gap, where two of it may run at once. Its host port belongs to the container that
 * holds it until that one stops; so a third one, the standby, is made to the new specification at a port that is free,
 * and once it is healthy the host port is redirected to it. Then the exchange takes its usual course behind it, and the
 * standby goes when it is over, whatever became of it.
 */
import { BerthError, toBerthError } from "@berth/shared/errors";
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
import { listeningPorts } from "../operations/ports.ts";
import { redactor } from "../operations/redact.ts";
import type { RedirectedPort, Redirects } from "./redirect.ts";

export interface StandbysDependencies {
  engine: Engine;
  standbys: StandbyEngine;
  redirects: Pick<Redirects, "open" | "close" | "instances">;
  /** Of the node, in bytes. */
  availableMemory: () => number;
  log: Log;
}

/** What was begun is taken back whatever becomes of the operation. */
const never = new AbortController().signal;

export class Standbys {
  readonly #dependencies: StandbysDependencies;
  /** Names of instances for which one answers. */
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
    if (!maySideBySide(spec) || (await this.#isUp(spec.instance))) return;
    const check = checks.find(isExchanged);
    if (check === undefined) return;
    const { losses } = this.#dependencies.engine.presence;
    try {
      await this.#start(spec, check.spec, context);
    } catch (error) {
      await this.lower(spec);
      context.signal.throwIfAborted();
      const { code, message } = toBerthError(error);
      if (code === "instance.unhealthy" || (await isOutage(this.#dependencies.engine, losses))) throw error;
      context.progress({ line: `${check.spec.name}: it does not answer while it is exchanged: ${message}` });
    }
  }

  /** The instance's own containers answer again from now on; what is open to the standby may end in order. */
  async lower(spec: InstanceSpec): Promise<void> {
    const { instance } = spec;
    if (maySideBySide(spec)) await this.#lower(instance, stopTimeout(spec), this.#answering.has(instance));
  }

  /** Takes back what an operation that was killed has left, and no other carries on with. */
  async clearLeftovers(locks: ResourceLocks): Promise<void> {
    try {
      const { redirects, standbys } = this.#dependencies;
      const redirected = await redirects.instances(never);
      const left = new Set([...redirected, ...(await standbys.list()).map(({ instance }) => instance)]);
      for (const instance of left) {
        const lower = () => this.#lower(instance, null, redirected.includes(instance));
        await locks.run(`instance/${instance}`, never, lower);
      }
    } catch (error) {
      this.#dependencies.log.warn({ reason: toBerthError(error).message }, "standbys could not be cleared away");
    }
  }

  /** One that an attempt before this one has made goes on. */
  async #isUp(instance: string): Promise<boolean> {
    const { redirects } = this.#dependencies;
    const found = await this.#find(instance);
    if (found.length === 0) return false;
    const isRedirected = (await redirects.instances(never)).includes(instance);
    if (isRedirected && found.some(({ isRunning }) => isRunning)) {
      this.#answering.add(instance);
      return true;
    }
    await this.#lower(instance, null, isRedirected);
    return false;
  }

  async #start(spec: InstanceSpec, container: ContainerSpec, { signal, progress }: OperationContext): Promise<void> {
    const { engine, standbys, redirects, availableMemory } = this.#dependencies;
    const { name } = container;
    if (availableMemory() < container.memoryBytes) {
      throw new BerthError("conflict", `the node has no memory for another ${name} beside it`);
    }
    progress({ line: `starting a standby of ${name}` });
    const id = await standbys.create(spec, container);
    await engine.startContainer(id);
    const reason = await waitUntilHealthy(engine, container, id, {
      signal,
      successes: container.health.failures,
      onWaiting: (waiting) => progress({ line: `standby of ${name}: waiting for health: ${waiting}` }),
    });
    if (reason !== null) {
      throw unhealthyError(
        spec.instance,
        reason,
        await logTail(engine, id, redactor(spec)),
        "What runs was not touched.",
      );
    }
    await redirects.open(spec.instance, await this.#ports(spec.instance, container), signal);
    this.#answering.add(spec.instance);
    progress({ line: `the standby of ${name} answers` });
  }

  /** Each must be taken by Docker's own proxy: what is redirected to a port of the node passes by Docker's rules. */
  async #ports(instance: string, container: ContainerSpec): Promise<RedirectedPort[]> {
    const [standby] = await this.#find(instance);
    const listening = await listeningPorts();
    return container.ports.map((port) => {
      const to = standby?.ports.find(({ container: of }) => of === port.container)?.host;
      if (to === undefined || !listening.has(to)) {
        throw new BerthError("docker.failed", "Docker takes connections by rules alone, without its userland proxy");
      }
      return { host: port.host, to };
    });
  }

  async #lower(instance: string, timeoutSeconds: number | null, isRedirected: boolean): Promise<void> {
    const { engine, redirects, log } = this.#dependencies;
    // First of all, and whether Docker is there or not: a port must not lead to what is gone.
    if (isRedirected) await redirects.close(instance, never);
    this.#answering.delete(instance);
    const found = await this.#find(instance).catch((error: unknown) => {
      log.warn({ instance, reason: toBerthError(error).message }, "a standby is cleared away once Docker is back");
      return [];
    });
    for (const { id } of found) {
      await engine.stopContainer(id, timeoutSeconds);
      await engine.removeContainer(id);
    }
  }

  async #find(instance: string): Promise<StandbyContainer[]> {
    return (await this.#dependencies.standbys.list()).filter((standby) => standby.instance === instance);
  }
}

function maySideBySide({ containers }: InstanceSpec): boolean {
  return containers.some(({ sideBySide }) => sideBySide === true);
}

function stopTimeout({ containers }: InstanceSpec): number | null {
  return containers.find(({ sideBySide }) => sideBySide === true)?.stopTimeoutSeconds ?? null;
}

/** One that does not run answers nobody: there is nothing to bridge. */
function isExchanged({ spec, repair, current }: ContainerCheck): boolean {
  return spec.sideBySide === true && repair === "replace" && current?.state === "running" && spec.ports.length > 0;
}
