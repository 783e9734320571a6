/**
 * Takes operations from the controller and carries each out once: journaled before it starts, under its resource's
 * lock, within its deadline, its result kept until it is acknowledged.
 */
import { BerthError, toBerthError } from "@berth/shared/errors";
import { type Phase, phaseTotals } from "@berth/shared/operations/phases";
import type { AgentMessage, AgentMessageOf, ControllerMessageOf } from "@berth/shared/protocol/messages";
import { journalError } from "../journal/database.ts";
import type { Journal } from "../journal/journal.ts";
import type { JournaledOperation, Outcome } from "../journal/operation-journal.ts";
import type { Log } from "../log.ts";
import { bindOperation, type BoundOperation } from "./bind.ts";
import type { OperationContext, OperationHandlers } from "./context.ts";
import type { ResourceLocks } from "./locks.ts";
import { PhaseRecorder } from "./phases.ts";

export interface RunnerDependencies {
  journal: Journal;
  handlers: OperationHandlers;
  locks: ResourceLocks;
  log: Log;
  /** This node's name: operations for another one are refused. */
  node: string;
  /** Sends when connected; results are sent again after a reconnect, progress is not. */
  send: (message: AgentMessage) => void;
  /** An operation on this instance is about to wait for its lock: whoever mends it gives way. */
  onInstance: (instance: string) => void;
  /** An operation on this instance has ended. */
  onSettled: (instance: string) => void;
}

type Accepted = Pick<JournaledOperation, "id" | "kind" | "input" | "deadlineAt">;

const longestLine = 4096;
/** setTimeout's largest delay. */
const longestDelay = 2 ** 31 - 1;

export class OperationRunner {
  readonly #dependencies: RunnerDependencies;
  readonly #running = new Map<string, AbortController>();

  constructor(dependencies: RunnerDependencies) {
    this.#dependencies = dependencies;
  }

  /** A new operation starts; a known one is answered from the journal. */
  receive(message: ControllerMessageOf<"operation">): void {
    const { journal, send } = this.#dependencies;
    const known = journal.operations.find(message.id);
    if (known === undefined) this.#accept(message);
    else if (known.outcome === null) send({ type: "accepted", id: known.id });
    else send({ type: "result", ...resultOf(known.id, known.outcome, known.phases) });
  }

  cancel(id: string): void {
    this.#running.get(id)?.abort(new BerthError("cancelled", "The operation was cancelled."));
  }

  acknowledge(ids: readonly string[]): void {
    this.#dependencies.journal.operations.acknowledge(ids);
  }

  /** After a start of the agent: what was under way goes on, under the same id. */
  resume(): void {
    for (const operation of this.#dependencies.journal.operations.unacknowledged()) {
      if (operation.state !== "done") this.#start(operation);
    }
  }

  /** After a reconnect: results that the controller may not have. */
  resend(): void {
    const { journal, send } = this.#dependencies;
    for (const { id, outcome, phases } of journal.operations.unacknowledged()) {
      if (outcome !== null) send({ type: "result", ...resultOf(id, outcome, phases) });
    }
  }

  #accept(message: ControllerMessageOf<"operation">): void {
    const { journal, send } = this.#dependencies;
    const { id, kind, input } = message;
    const deadlineAt = Date.now() + message.deadlineSeconds * 1000;
    const bound = this.#bind(kind, input);
    try {
      journal.transaction(() => {
        journal.operations.accept({ id, kind, input, deadlineAt });
        if (!(bound instanceof BerthError)) bound.intend(journal.desired);
      });
    } catch (error) {
      // Not accepted and not begun: what cannot be written down is not done.
      send({ type: "result", id, outcome: failed(journalError(error)) });
      return;
    }
    send({ type: "accepted", id });
    this.#start({ id, kind, input, deadlineAt });
  }

  #start(operation: Accepted): void {
    const abort = new AbortController();
    this.#running.set(operation.id, abort);
    void this.#carryOut(operation, abort).finally(() => this.#running.delete(operation.id));
  }

  /** Never rejects: whatever happens becomes the operation's outcome. */
  async #carryOut({ id, kind, input, deadlineAt }: Accepted, abort: AbortController): Promise<void> {
    const { log, send, onSettled } = this.#dependencies;
    const startedAt = performance.now();
    const bound = this.#bind(kind, input);
    const isBound = !(bound instanceof BerthError);
    const recorder = new PhaseRecorder();
    const outcome = isBound ? await this.#perform(id, bound, deadlineAt, abort, recorder) : failed(bound);
    const { phases } = recorder;
    this.#finish(id, outcome, phases);
    const milliseconds = Math.round(performance.now() - startedAt);
    const code = outcome.status === "failed" ? outcome.error.code : undefined;
    const fields = { operation: id, kind, status: outcome.status, code, milliseconds, phases: phaseTotals(phases) };
    log.info(fields, "operation ended");
    send({ type: "result", ...resultOf(id, outcome, phases) });
    if (isBound && bound.instance !== null) onSettled(bound.instance);
  }

  #finish(id: string, outcome: Outcome, phases: readonly Phase[]): void {
    const { journal, log } = this.#dependencies;
    try {
      journal.operations.finish(id, outcome, phases);
    } catch (error) {
      // It stays "running" in the journal: a later start carries it out again, which changes nothing.
      log.error({ operation: id, reason: journalError(error).message }, "the result could not be written down");
    }
  }

  async #perform(
    id: string,
    bound: BoundOperation,
    deadlineAt: number,
    abort: AbortController,
    recorder: PhaseRecorder,
  ): Promise<Outcome> {
    const late = new BerthError("deadline.exceeded", "The operation did not end within its deadline.");
    const left = Math.min(longestDelay, Math.max(0, deadlineAt - Date.now()));
    const timer = setTimeout(() => {
      abort.abort(late);
    }, left);
    try {
      return { status: "succeeded", output: await this.#locked(id, bound, abort.signal, recorder) };
    } catch (error) {
      // Whatever an aborted operation stumbled over, the reason is the cancellation or the deadline.
      const reason = toBerthError(abort.signal.aborted ? abort.signal.reason : error);
      if (reason.code === "cancelled") return { status: "cancelled" };
      if (reason.code === "internal") this.#dependencies.log.error({ operation: id, err: reason }, "operation failed");
      return failed(reason);
    } finally {
      clearTimeout(timer);
      recorder.enter(null);
    }
  }

  async #locked(id: string, bound: BoundOperation, signal: AbortSignal, recorder: PhaseRecorder): Promise<unknown> {
    const { journal, locks, send, onInstance } = this.#dependencies;
    const context: OperationContext = {
      signal,
      phase: recorder.phase,
      progress: ({ line, fraction }) => {
        const text = line.slice(0, longestLine);
        send({ type: "progress", id, line: text, ...(fraction === undefined ? {} : { fraction }) });
      },
    };
    if (bound.instance !== null) onInstance(bound.instance);
    recorder.enter({ name: "wait its turn", target: null });
    return locks.run(bound.resource, signal, async () => {
      recorder.enter(null);
      journal.operations.begin(id);
      return bound.perform(context);
    });
  }

  /** The operation, or the error to answer with. */
  #bind(kind: string, input: unknown): BoundOperation | BerthError {
    const { handlers, node } = this.#dependencies;
    try {
      const bound = bindOperation(handlers, kind, input);
      if (bound.node === node) return bound;
      return new BerthError("request.invalid", `The operation is for node ${bound.node}, this is ${node}.`);
    } catch (error) {
      return toBerthError(error);
    }
  }
}

function resultOf(id: string, outcome: Outcome, phases: readonly Phase[]): Omit<AgentMessageOf<"result">, "type"> {
  return phases.length === 0 ? { id, outcome } : { id, outcome, phases: [...phases] };
}

function failed(error: BerthError): Outcome {
  return { status: "failed", error: error.toBody() };
}
