/** Operations under way on nodes. What is sent is sent again after every reconnection until its outcome is stored. */
import { BerthError } from "@berth/shared/errors";
import type { AgentOperationKind } from "@berth/shared/operations/agent";
import type { OperationResult } from "@berth/shared/operations/index";
import type { AgentMessageOf } from "@berth/shared/protocol/messages";
import type { Logger } from "pino";
import type { Connection } from "../connection/connection.ts";
import type { Hello } from "../connection/handshake.ts";
import type { Presence } from "../state/presence.ts";
import type { AgentStore } from "../store.ts";
import type { Clock } from "../clock.ts";
import type { DispatchRequest, Timing } from "../types.ts";
import { attemptId } from "./attempt-id.ts";
import { resultOf, toStoredOutcome } from "./outcome.ts";
import { PendingOperation } from "./pending-operation.ts";

export interface DispatcherOptions {
  store: AgentStore;
  presence: Presence;
  clock: Clock;
  timing: Timing;
  logger: Logger;
}

/** Operations given up while their node was away, remembered so that they are cancelled when it returns. */
const maxForsaken = 1000;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #pending = new Map<string, PendingOperation>();
  readonly #forsaken = new Set<string>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  async dispatch<K extends AgentOperationKind>(request: DispatchRequest<K>): Promise<OperationResult<K>> {
    const { node, kind } = request;
    const id = attemptId(request.id, request.attempt);
    const { store, presence, clock, timing } = this.#options;
    if (this.#pending.has(id)) {
      throw new BerthError("conflict", `Operation ${request.id} is under way already`, {
        hint: "Wait for its end before trying it again.",
      });
    }
    const pending = new PendingOperation({
      ...{ id, request, timing },
      connection: () => presence.connection(node),
      protocol: () => presence.get(node)?.protocol,
    });
    this.#pending.set(id, pending);
    this.#forsaken.delete(id);
    try {
      const kept = await store.openOperation({ id, node, kind, at: clock.now() });
      if (kept !== undefined) pending.settle(kept);
      return resultOf(kind, node, kept ?? (await pending.perform()));
    } finally {
      this.#pending.delete(id);
      if (pending.isForsaken) this.#forsake(id);
    }
  }

  /** The node is back: sends what it has to have, cancels what nobody wants, lets it forget what is stored. */
  async onConnected(connection: Connection, hello: Hello): Promise<void> {
    const { node } = connection.identity;
    for (const pending of this.#pendingOf(node)) pending.send(connection);
    const unfinished = hello.journal.filter(({ state }) => state !== "done").map(({ id }) => id);
    for (const id of unfinished) if (this.#forsaken.has(id)) connection.send({ type: "cancel", id });
    const done = hello.journal.filter(({ state }) => state === "done").map(({ id }) => id);
    if (done.length === 0) return;
    const wanted = new Set(await this.#options.store.unsettledOperations(node, done));
    const forgettable = done.filter((id) => !wanted.has(id) && !this.#pending.has(id));
    if (forgettable.length > 0) connection.send({ type: "acknowledge", ids: forgettable });
  }

  onProgress(connection: Connection, message: AgentMessageOf<"accepted" | "progress">): void {
    const pending = this.#pending.get(message.id);
    if (pending?.node !== connection.identity.node) return;
    if (message.type === "progress") pending.progress(message);
  }

  /** Stores the outcome, then lets the agent forget it, then tells whoever waits. */
  async onResult(connection: Connection, message: AgentMessageOf<"result">): Promise<void> {
    const { store, clock, logger, presence } = this.#options;
    const { id } = message;
    const { node } = connection.identity;
    const skewMilliseconds = presence.get(node)?.clockSkewMilliseconds ?? 0;
    const stored = toStoredOutcome(message, { now: clock.now(), skewMilliseconds });
    const pending = this.#pending.get(id);
    try {
      await store.settleOperation(id, node, stored, clock.now());
      connection.send({ type: "acknowledge", ids: [id] });
      this.#forsaken.delete(id);
    } catch (error) {
      logger.error({ node, operation: id, err: error }, "an outcome was not stored: its agent keeps it");
    }
    if (pending?.node === node) pending.settle(stored);
  }

  onDisconnected(node: string): void {
    for (const pending of this.#pendingOf(node)) pending.onDisconnected();
  }

  /** Nobody will answer for the node any more. */
  failNode(node: string, reason: string): void {
    for (const pending of this.#pendingOf(node)) pending.fail(new BerthError("node.offline", reason));
  }

  /** Ends the waiting of everybody; the operations go on. */
  stop(reason: Error): void {
    for (const pending of this.#pending.values()) pending.fail(reason);
  }

  #pendingOf(node: string): PendingOperation[] {
    return [...this.#pending.values()].filter((pending) => pending.node === node);
  }

  #forsake(id: string): void {
    this.#forsaken.add(id);
    for (const oldest of this.#forsaken) {
      if (this.#forsaken.size <= maxForsaken) return;
      this.#forsaken.delete(oldest);
    }
  }
}
