/**
 * Writes down which nodes are there. A commit waits for the disk, and after a restart of the controller all nodes come at
 * once: what has changed until one write has ended is written together by the next.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AgentStore } from "../store.ts";
import type { NodePresence } from "../types.ts";

/** Of one commit: everybody else waits for it. */
const mostAtOnce = 100;

export class PresenceWriter {
  readonly #store: Pick<AgentStore, "saveAgents">;
  /** By node: what was last said. */
  readonly #waiting = new Map<string, NodePresence>();
  #writing: Promise<void> | null = null;

  constructor(store: Pick<AgentStore, "saveAgents">) {
    this.#store = store;
  }

  /** Resolves when this, or something newer of the same node, is written. Fails when something cannot be written. */
  save(presences: Iterable<NodePresence>): Promise<void> {
    for (const presence of presences) this.#waiting.set(presence.node, presence);
    this.#writing ??= this.#work();
    return this.#writing;
  }

  async #work(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        await nextTurn();
        const batch = [...this.#waiting.values()].slice(0, mostAtOnce);
        for (const { node } of batch) this.#waiting.delete(node);
        await this.#write(batch);
      }
    } finally {
      this.#writing = null;
    }
  }

  /** What could not be written is written with what changes next. */
  async #write(batch: readonly NodePresence[]): Promise<void> {
    try {
      await this.#store.saveAgents(batch.map((presence) => ({ ...presence, online: presence.state === "online" })));
    } catch (error) {
      for (const presence of batch) {
        if (!this.#waiting.has(presence.node)) this.#waiting.set(presence.node, presence);
      }
      throw error;
    }
  }
}
