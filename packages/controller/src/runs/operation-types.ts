/** Calls into `operations` that keep kind, input and result together for the type checker. */
import * as z from "zod";
import {
  isAgentOperation,
  operations,
  type OperationInput,
  type OperationKind,
  type OperationResult,
} from "@berth/shared/operations/index";
import { BerthError } from "@berth/shared/errors";

/** What is needed of a schema. Comparing all of zod's type for every kind takes the compiler minutes. */
interface Reader<T> {
  safeParse: (value: unknown) => { success: true; data: T } | { success: false; error: z.ZodError };
}

const definitions: {
  [K in OperationKind]: {
    input: Reader<OperationInput<K>>;
    result: Reader<OperationResult<K>>;
    resource: (input: OperationInput<K>) => string;
  };
} = operations;

/** The input as its kind's schema reads it. Throws `internal`: a plan with another shape is a mistake of the planner. */
export function parseInput<K extends OperationKind>(kind: K, input: unknown): OperationInput<K> {
  return parse<OperationInput<K>>(definitions[kind].input, input, `The input of ${kind}`);
}

export function parseResult<K extends OperationKind>(kind: K, result: unknown): OperationResult<K> {
  return parse<OperationResult<K>>(definitions[kind].result, result, `The result of ${kind}`);
}

/**
 * What the operation locks. Two nodes each have an image or instance of the same name, so what an agent performs is
 * locked per node; what the controller performs is one thing in the whole fleet.
 */
export function lockOf<K extends OperationKind>(kind: K, node: string | null, input: OperationInput<K>): string {
  const resource = definitions[kind].resource(input);
  return isAgentOperation(kind) ? `${node ?? ""}:${resource}` : resource;
}

function parse<T>(schema: Reader<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new BerthError("internal", `${what} does not fit its schema: ${z.prettifyError(parsed.error)}`, {
    hint: "This is a mistake in Berth; please report it with the run's log.",
  });
}
