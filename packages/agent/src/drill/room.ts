/** The one place on a node where a drill happens: cleared before and after, whatever becomes of the drill. */
import { BerthError } from "@berth/shared/errors";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { Engine } from "../docker/engine.ts";
import type { ToolEngine } from "../docker/tools.ts";
import type { Log } from "../log.ts";
import type { OperationContext } from "../operations/context.ts";
import { waitUntilHealthy } from "../operations/health-gate.ts";
import { ResourceLocks } from "../operations/locks.ts";
import { logTail } from "../operations/log-tail.ts";
import { redactor } from "../operations/redact.ts";
import type { DrillEngine } from "../docker/drill-engine.ts";

/** What is being cleared away is cleared away, also for an operation that was cancelled. */
const never = new AbortController().signal;

export interface RoomDependencies {
  engine: Engine;
  drills: DrillEngine;
  tools: ToolEngine;
  log: Log;
}

/** A container of the drill that is healthy. */
export interface DrillContainer {
  id: string;
  /** As the others in the drill know it. */
  name: string;
  address: string;
  pid: number;
}

export class DrillRoom {
  readonly #dependencies: RoomDependencies;
  #isUsed = false;
  /** One after the other: what one has listed, the next may have made anew. */
  readonly #clearing = new ResourceLocks();

  constructor(dependencies: RoomDependencies) {
    this.#dependencies = dependencies;
  }

  /** Runs `work` in an empty room. One at a time: drills of one node lock each other out. */
  async use<T>({ progress, phase }: OperationContext, work: () => Promise<T>): Promise<T> {
    this.#isUsed = true;
    try {
      await phase("remove", "leftovers", () => this.#clear());
      await this.#dependencies.drills.createNetwork();
      return await work();
    } finally {
      // The outcome is what `work` found out. What stays goes when Docker is back, with the next drill, or at a start.
      await phase("remove", "the drill", () => this.#clear()).catch((error: unknown) => {
        progress({ line: `what the drill has made could not be removed yet: ${reasonOf(error)}` });
      });
      this.#isUsed = false;
    }
  }

  /** What a drill has left that was killed, or that could not clear up because Docker was away. */
  async clearLeftovers(): Promise<void> {
    if (this.#isUsed) return;
    try {
      await this.#clear();
    } catch (error) {
      this.#dependencies.log.warn({ reason: reasonOf(error) }, "what a drill has left could not be removed");
    }
  }

  /** Starts the containers in order, each behind the health of the one before. */
  async start(spec: InstanceSpec, { signal, progress, phase }: OperationContext): Promise<DrillContainer[]> {
    const { engine, drills } = this.#dependencies;
    const started: DrillContainer[] = [];
    for (const container of spec.containers) {
      signal.throwIfAborted();
      const { name } = container;
      progress({ line: `starting ${name} for the drill` });
      const id = await phase("create", name, () => drills.createContainer(spec, container));
      await phase("start", name, () => engine.startContainer(id));
      const onWaiting = (reason: string): void => progress({ line: `${name}: waiting for health: ${reason}` });
      const gate = { signal, successes: 1, onWaiting };
      const reason = await phase("wait until healthy", name, () => waitUntilHealthy(engine, container, id, gate));
      if (reason !== null) throw unhealthy(name, reason, await logTail(engine, id, redactor(spec)));
      const details = await engine.inspectContainer(id);
      if (details?.address == null) throw unhealthy(name, "it has no address", []);
      started.push({ id, name, address: details.address, pid: details.pid });
    }
    return started;
  }

  async #clear(): Promise<void> {
    const { drills, tools } = this.#dependencies;
    await this.#clearing.run("drill", never, async () => {
      // Those of an agent that was killed hold its volumes.
      await tools.removeLeftovers();
      await drills.clear();
    });
  }
}

function unhealthy(name: string, reason: string, log: readonly string[]): BerthError {
  const last = log.length === 0 ? "It has logged nothing." : `Its last log lines:\n${log.join("\n")}`;
  return new BerthError("instance.unhealthy", `${name} did not become healthy in the drill: ${reason}. ${last}`, {
    hint: "Nothing that runs was touched. Is the image the one that the backup was made with, and are its keys the same?",
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
