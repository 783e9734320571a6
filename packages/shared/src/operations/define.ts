import type * as z from "zod";

/**
 * One typed, idempotent action. `runsOn` says who performs it; `resource` names the lock: two operations on one
 * resource never overlap. `deadlineSeconds` bounds one attempt, keep-alives do not extend it.
 */
export interface OperationDefinition<
  Kind extends string,
  Side extends "controller" | "agent",
  Input extends z.ZodType,
  Result extends z.ZodType,
> {
  kind: Kind;
  runsOn: Side;
  deadlineSeconds: number;
  /** How long an attempt that was told to stop may take to come to an end; left out: seconds. */
  settleSeconds?: number;
  input: Input;
  result: Result;
  resource: (input: z.output<Input>) => string;
}

export function defineOperation<
  Kind extends string,
  Side extends "controller" | "agent",
  Input extends z.ZodType,
  Result extends z.ZodType,
>(definition: OperationDefinition<Kind, Side, Input, Result>): OperationDefinition<Kind, Side, Input, Result> {
  return Object.freeze(definition);
}
