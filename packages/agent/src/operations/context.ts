/** What an operation gets besides its input. */
import type { AgentOperationKind } from "@berth/shared/operations/agent";
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import type { PullProgress } from "../docker/engine.ts";
import type { InPhase } from "./phases.ts";

export interface OperationContext {
  /** Aborts on cancellation and when the deadline passes; its reason is the BerthError to report. */
  signal: AbortSignal;
  /** One line for whoever watches the run. */
  progress: (progress: PullProgress) => void;
  /** For whoever asks later where the time went. */
  phase: InPhase;
}

export type OperationHandler<K extends AgentOperationKind> = (
  input: OperationInput<K>,
  context: OperationContext,
) => Promise<OperationResult<K>>;

/** Typed by the kinds that run on an agent: a missing handler does not compile. */
export type OperationHandlers = { [K in AgentOperationKind]: OperationHandler<K> };
