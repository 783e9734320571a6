/**
 * A run as a trace: the run over all, each step that was begun as a span under it, and under that what its time went
 * into. Pure.
 */
import type { Run, Step } from "@berth/shared/api/runs";
import type { StepPhase } from "@berth/shared/operations/phases";
import { operationTitle } from "@berth/shared/operations/title";

export interface SpanDescription {
  name: string;
  /** Epoch milliseconds. */
  startedAt: number;
  endedAt: number;
  attributes: Record<string, string | number>;
  /** null: it went well. */
  error: { code: string; message: string } | null;
}

export interface StepSpan extends SpanDescription {
  id: string;
  /** Ids of the steps that it waited for, of those that have a span. */
  after: readonly string[];
  /** Within it, and one after the other. */
  phases: readonly SpanDescription[];
}

export interface RunTrace {
  run: SpanDescription;
  /** In the order in which they began, so that each comes after those that it waited for. */
  steps: readonly StepSpan[];
}

/** Of a run that has ended: `endedAt` is the moment of what is not known to have ended. */
export function traceOf(run: Run, fleet: string | null): RunTrace {
  const endedAt = Date.parse(run.endedAt ?? run.createdAt);
  const begun = run.steps
    .flatMap((step) => (step.startedAt === null ? [] : [{ step, startedAt: Date.parse(step.startedAt) }]))
    .toSorted((one, other) => one.startedAt - other.startedAt);
  const ids = new Set(begun.map(({ step }) => step.id));
  const failed = run.steps.find((step) => step.state === "failed");
  return {
    run: {
      name: `run ${run.kind}`,
      startedAt: Date.parse(run.createdAt),
      endedAt,
      attributes: {
        ...(fleet === null ? {} : { "berth.fleet": fleet }),
        ...{ "berth.run.id": run.id, "berth.run.kind": run.kind, "berth.run.state": run.state },
        ...{ "berth.account": run.account, "berth.run.steps": run.steps.length },
      },
      error: errorOf(run.state, failed?.error ?? null),
    },
    steps: begun.map(({ step, startedAt }) => {
      const span = { startedAt, endedAt: step.endedAt === null ? endedAt : Date.parse(step.endedAt) };
      return {
        ...span,
        id: step.id,
        name: operationTitle(step),
        attributes: attributesOf(step, run.id),
        error: errorOf(step.state, step.error),
        after: step.after.filter((id) => ids.has(id)),
        phases: (step.phases ?? []).map((phase) => phaseSpan(phase, step, span)),
      };
    }),
  };
}

/** Cut where it would leave its step: clocks are never quite the same. */
function phaseSpan(
  { name, target, startMilliseconds, milliseconds }: StepPhase,
  { node }: Step,
  within: { startedAt: number; endedAt: number },
): SpanDescription {
  const startedAt = Math.min(within.startedAt + startMilliseconds, within.endedAt);
  return {
    name,
    startedAt,
    endedAt: Math.min(startedAt + milliseconds, within.endedAt),
    attributes: {
      ...(target === undefined ? {} : { "berth.phase.target": target }),
      ...(node === null ? {} : { "berth.node": node }),
    },
    error: null,
  };
}

function attributesOf(step: Step, run: number): SpanDescription["attributes"] {
  return {
    ...{ "berth.run.id": run, "berth.step.id": step.id, "berth.operation.kind": step.kind },
    ...{ "berth.operation.target": step.target, "berth.operation.change": step.change },
    ...{ "berth.operation.reason": step.reason, "berth.operation.attempts": step.attempt },
    ...(step.node === null ? {} : { "berth.node": step.node }),
  };
}

function errorOf(state: Step["state"], error: Step["error"]): SpanDescription["error"] {
  if (error !== null) return { code: error.code, message: firstLine(error.message) };
  return state === "failed" || state === "cancelled"
    ? { code: state, message: `It ${state === "failed" ? "failed" : "was cancelled"}` }
    : null;
}

/** What follows it are a container's own words: they stay here. */
function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? "";
}
