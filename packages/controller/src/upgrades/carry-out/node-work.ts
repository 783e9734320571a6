/** Has operations done on the instance's node that `instance.upgrade` consists of. */
import type { AgentOperationKind } from "@berth/shared/operations/agent";
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import { operations } from "@berth/shared/operations/index";
import type { PhaseName } from "@berth/shared/operations/phases";
import { partId } from "../../agents/operations/attempt-id.ts";
import { ControllerStopping, type PhaseTaker } from "../../runs/handlers.ts";
import { inPhase } from "../../runs/phases.ts";
import type { UpgradeDependencies } from "./dependencies.ts";

/** Of the operation that the work is part of, see OperationContext. */
export interface WorkContext {
  operationId: string;
  attempt: number;
  signal: AbortSignal;
  leave?: AbortSignal;
  log: (line: string, fraction?: number) => void;
  phases?: PhaseTaker;
}

export interface NodeWork {
  /**
   * Ids follow from the upgrade's own and `part`: after a restart of the controller, the operation that it had begun is
   * waited for, or its outcome found. Rejects with ControllerStopping when the controller stops; goes on when the run is
   * cancelled.
   */
  dispatch: <K extends AgentOperationKind>(
    kind: K,
    part: string,
    input: OperationInput<K>,
  ) => Promise<OperationResult<K>>;
  /** Does what the controller does itself as a phase of the operation. */
  phase: <T>(name: PhaseName, target: string, work: () => Promise<T>) => Promise<T>;
  /** Aborted only because the controller stops. */
  leave: AbortSignal;
}

export function createNodeWork(
  node: string,
  { operationId, attempt, log, phases, ...signals }: WorkContext,
  { hub }: Pick<UpgradeDependencies, "hub">,
): NodeWork {
  const leave = leaveSignal(signals);
  return {
    leave,
    phase: (name, target, work) => inPhase(phases, { name, target }, work),
    dispatch: (kind, part, input) =>
      hub.dispatch({
        node,
        id: partId(operationId, part),
        attempt,
        kind,
        input,
        deadlineSeconds: operations[kind].deadlineSeconds,
        signal: leave,
        onProgress: ({ line, fraction }) => log(line, fraction),
        onPhases: phases,
      }),
  };
}

function leaveSignal({ signal, leave }: Pick<WorkContext, "signal" | "leave">): AbortSignal {
  const stop = new AbortController();
  for (const one of [signal, ...(leave === undefined ? [] : [leave])]) {
    const pass = (): void => {
      if (one.reason instanceof ControllerStopping) stop.abort(one.reason);
    };
    if (one.aborted) pass();
    else one.addEventListener("abort", pass, { once: true });
  }
  return stop.signal;
}
