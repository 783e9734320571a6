import { BerthError } from "@berth/shared/errors";
import type { AgentOperationKind } from "@berth/shared/operations/agent";
import type { ProtocolVersion } from "@berth/shared/protocol/version";
import type { AgentMessageOf } from "@berth/shared/protocol/messages";
import { ControllerStopping } from "../../runs/handlers.ts";
import type { Connection } from "../connection/connection.ts";
import { knownInput } from "./known-input.ts";
import type { StoredOutcome } from "../store.ts";
import type { DispatchRequest, Timing } from "../types.ts";

export interface PendingOptions {
  /** Of this attempt */
  id: string;
  request: DispatchRequest<AgentOperationKind>;
  timing: Timing;
  /** The node's live connection */
  connection: () => Connection | undefined;
  /** Of the node's agent, as it last said */
  protocol: () => ProtocolVersion | null | undefined;
}

/** One operation that somebody waits for, with every way in which the waiting ends. */
export class PendingOperation {
  readonly #options: PendingOptions;
  readonly #outcome = Promise.withResolvers<StoredOutcome>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #startedAt = performance.now();
  /** Why it was cancelled, once it was */
  #cancelled: Error | undefined;
  #performing = false;
  #wasSent = false;
  #settled = false;
  #lastLine: string | undefined;

  constructor(options: PendingOptions) {
    this.#options = options;
    // It may fail before anybody waits for it.
    this.#outcome.promise.catch(() => undefined);
  }

  get node(): string {
    return this.#options.request.node;
  }

  /** It may still go on at the node although nobody waits for it. */
  get isForsaken(): boolean {
    return this.#wasSent && !this.#settled && !(this.#cancelled instanceof ControllerStopping);
  }

  /** Sends it as soon as the node is there, and waits for the agent's word. */
  async perform(): Promise<StoredOutcome> {
    this.#performing = true;
    const { signal, deadlineSeconds } = this.#options.request;
    const { deadlineGraceSeconds, offlineGraceSeconds } = this.#options.timing;
    const onAbort = () => this.#cancel(toError(signal?.reason));
    signal?.addEventListener("abort", onAbort);
    try {
      if (signal?.aborted === true) onAbort();
      this.#after(deadlineSeconds + deadlineGraceSeconds, () => this.#onDeadline());
      this.#after(Math.min(offlineGraceSeconds, deadlineSeconds), () => this.#onGraceOver());
      const connection = this.#options.connection();
      if (connection !== undefined) this.send(connection);
      return await this.#outcome.promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      for (const timer of this.#timers) clearTimeout(timer);
    }
  }

  /** Sent again after a reconnection: the agent knows the id and performs it once. */
  send(connection: Connection): void {
    const { id, request } = this.#options;
    const { kind } = request;
    const input = knownInput(request.input, this.#options.protocol());
    if (!this.#performing || this.#settled || (this.#cancelled !== undefined && !this.#wasSent)) return;
    try {
      connection.send({ type: "operation", id, kind, input, deadlineSeconds: this.#secondsLeft() });
    } catch (error) {
      this.fail(toError(error));
      return;
    }
    this.#wasSent = true;
    if (this.#cancelled !== undefined) connection.send({ type: "cancel", id });
  }

  progress({ line, fraction }: AgentMessageOf<"progress">): void {
    this.#lastLine = line;
    this.#options.request.onProgress?.({ line, fraction });
  }

  settle(outcome: StoredOutcome): void {
    this.#settled = true;
    if (outcome.phases !== undefined) this.#options.request.onPhases?.(outcome.phases);
    if (outcome.status === "cancelled" && this.#cancelled !== undefined) this.#outcome.reject(this.#cancelled);
    else this.#outcome.resolve(outcome);
  }

  fail(error: Error): void {
    if (error instanceof ControllerStopping) this.#cancelled = error;
    this.#outcome.reject(error);
  }

  onDisconnected(): void {
    const line = `The connection to node '${this.node}' was lost; waiting for it to come back`;
    if (this.#wasSent) this.#options.request.onProgress?.({ line });
  }

  #cancel(reason: Error): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = reason;
    if (reason instanceof ControllerStopping || !this.#wasSent) {
      this.fail(reason);
      return;
    }
    // The agent's word counts: it may have finished before it heard of the cancelling.
    this.#options.connection()?.send({ type: "cancel", id: this.#options.id });
    this.#after(this.#options.timing.cancelGraceSeconds, () => this.fail(reason));
  }

  #onDeadline(): void {
    const { id, request } = this.#options;
    const { kind, deadlineSeconds } = request;
    const connection = this.#options.connection();
    connection?.send({ type: "cancel", id });
    const state = connection === undefined ? "the node is offline" : "the node is online";
    const line = this.#lastLine === undefined ? "it reported no progress" : `its last word was '${this.#lastLine}'`;
    this.fail(
      new BerthError(
        "deadline.exceeded",
        `${kind} on node '${this.node}' did not end within ${deadlineSeconds} s: ${state}, ${line}`,
        { hint: "Look at the node's agent ('journalctl -u berth-agent' there), then run it again." },
      ),
    );
  }

  #onGraceOver(): void {
    if (this.#wasSent) return;
    const { kind } = this.#options.request;
    const { offlineGraceSeconds } = this.#options.timing;
    const message = `${kind} was not started: the agent of node '${this.node}' did not connect within ${offlineGraceSeconds} s`;
    this.fail(
      new BerthError("node.offline", message, {
        hint: "Look whether the node runs, and at 'journalctl -u berth-agent' there.",
      }),
    );
  }

  #secondsLeft(): number {
    const elapsed = (performance.now() - this.#startedAt) / 1000;
    return Math.max(1, this.#options.request.deadlineSeconds - elapsed);
  }

  #after(seconds: number, action: () => void): void {
    this.#timers.add(setTimeout(action, seconds * 1000));
  }
}

function toError(reason: unknown): Error {
  if (reason instanceof BerthError || reason instanceof ControllerStopping) return reason;
  return new BerthError("cancelled", "The operation was cancelled", { cause: reason });
}
