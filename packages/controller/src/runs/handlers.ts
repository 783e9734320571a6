/** What carries an operation out. The runner calls handlers; the rooms agents, provision and needs write them. */
import type { OperationInput, OperationKind, OperationResult } from "@berth/shared/operations/index";
import type { Phase } from "@berth/shared/operations/phases";

export type PhaseTaker = ((phases: readonly Phase[]) => void) | undefined;

export interface OperationContext<K extends OperationKind> {
  /** UUID, the same over attempts, restarts of the controller and resumption of the run. */
  operationId: string;
  /**
   * Counts from 1 and rises over retries and resumption. After a restart of the controller the attempt that was
   * interrupted is carried on under the same number: an operation may still be under way, or done, on the node.
   */
  attempt: number;
  input: OperationInput<K>;
  /** Node it concerns; null: none in particular. */
  node: string | null;
  /** Bounds this attempt, counted from the call. The signal is aborted when it has passed. */
  deadlineSeconds: number;
  /**
   * A line of the step's log, shown at once. With a fraction (0 to 1) it is progress: shown, but written to the log
   * only for each further tenth since the last line without one. Known secrets are removed from it.
   */
  log: (line: string, fraction?: number) => void;
  /** Takes what the operation has spent its time with, by the controller's clock; left out: nobody wants to know. */
  phases?: PhaseTaker;
  /**
   * Aborted by the deadline, by cancelling, or because the controller stops: then `signal.reason` is
   * `ControllerStopping` and work that goes on elsewhere must be left alone, it is taken up again after the restart.
   */
  signal: AbortSignal;
  /**
   * Aborted when the controller stops, also after `signal` was aborted for another reason: for operations with
   * `settleSeconds`, which may go on for long after that.
   */
  leave?: AbortSignal;
}

/**
 * Performs one attempt, idempotently, and gives the operation's result. Throws a BerthError; the runner tries again when
 * its code is retryable. After the signal was aborted it should settle within seconds, or the operation's `settleSeconds`.
 */
export type OperationHandler<K extends OperationKind> = (context: OperationContext<K>) => Promise<OperationResult<K>>;

export type OperationHandlers = { [K in OperationKind]: OperationHandler<K> };

/** The reason in `signal.reason` when the controller stops: stop waiting, cancel nothing. */
export class ControllerStopping extends Error {
  constructor() {
    super("The controller is stopping");
    this.name = "ControllerStopping";
  }
}
