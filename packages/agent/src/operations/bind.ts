/** Ties an operation's input, as it came, to its handler: parsed once, typed by its kind. */
import { BerthError } from "@berth/shared/errors";
import { type AgentOperationKind, agentOperations as operations } from "@berth/shared/operations/agent";
import type * as z from "zod";
import type { DesiredState } from "../journal/desired-state.ts";
import type { OperationContext, OperationHandlers } from "./context.ts";

/** An operation that is ready to be carried out. */
export interface BoundOperation {
  node: string;
  /** Name of its lock. */
  resource: string;
  /** The instance it works on, if it does on one. */
  instance: string | null;
  /** What accepting it changes in the node's desired state. */
  intend: (desired: DesiredState) => void;
  perform: (context: OperationContext) => Promise<unknown>;
}

const kinds = Object.keys(operations) as AgentOperationKind[];
const otherVersion = "The agent is of another version than the controller: berth node upgrade-agent --outdated.";

/** @throws BerthError protocol.invalid for an unknown kind or an input that does not fit */
export function bindOperation(handlers: OperationHandlers, name: string, input: unknown): BoundOperation {
  const kind = kinds.find((known) => known === name);
  if (kind === undefined) {
    throw new BerthError("protocol.invalid", `This agent knows no operation ${name}.`, { hint: otherVersion });
  }
  if (kind === "image.ensure") return bind(kind, operations[kind], handlers[kind], input).bound;
  if (kind === "firewall.ensure") return bind(kind, operations[kind], handlers[kind], input).bound;
  if (kind === "instance.ensure") {
    const { bound, parsed } = bind(kind, operations[kind], handlers[kind], input);
    return { ...bound, instance: parsed.instance, intend: (desired) => desired.set(parsed) };
  }
  if (kind === "instance.prove") {
    const { bound, parsed } = bind(kind, operations[kind], handlers[kind], input);
    return { ...bound, instance: parsed.spec.instance, intend: (desired) => desired.set(parsed.spec) };
  }
  if (kind === "instance.restart") return bindInstance(kind, operations[kind], handlers[kind], input);
  if (kind === "checkpoint.create") return bindInstance(kind, operations[kind], handlers[kind], input);
  if (kind === "checkpoint.restore") return bindInstance(kind, operations[kind], handlers[kind], input);
  if (kind === "checkpoint.remove") return bindInstance(kind, operations[kind], handlers[kind], input);
  if (kind === "backup.drill") return bind(kind, operations[kind], handlers[kind], input).bound;
  if (kind === "repository.check") return bind(kind, operations[kind], handlers[kind], input).bound;
  if (kind === "repository.prune") return bind(kind, operations[kind], handlers[kind], input).bound;
  if (kind === "backup.create") {
    const { bound, parsed } = bind(kind, operations[kind], handlers[kind], input);
    return { ...bound, instance: parsed.subject };
  }
  if (kind === "backup.restore") {
    const { bound, parsed } = bind(kind, operations[kind], handlers[kind], input);
    return { ...bound, instance: parsed.subject };
  }
  const { bound, parsed } = bind(kind, operations[kind], handlers[kind], input);
  return { ...bound, instance: parsed.instance, intend: (desired) => desired.remove(parsed.instance) };
}

function bindInstance<Input extends { node: string; instance: string }>(
  ...args: Parameters<typeof bind<Input>>
): BoundOperation {
  const { bound, parsed } = bind(...args);
  return { ...bound, instance: parsed.instance };
}

function bind<Input extends { node: string }>(
  kind: string,
  definition: { input: z.ZodType<Input>; resource: (input: Input) => string },
  handler: (input: Input, context: OperationContext) => Promise<unknown>,
  input: unknown,
): { bound: BoundOperation; parsed: Input } {
  const result = definition.input.safeParse(input);
  if (!result.success) throw invalid(kind, result.error.issues);
  const parsed = result.data;
  const bound: BoundOperation = {
    node: parsed.node,
    resource: definition.resource(parsed),
    instance: null,
    intend: () => undefined,
    perform: async (context) => handler(parsed, context),
  };
  return { bound, parsed };
}

/** Names the places, not the values: an input holds secrets. */
function invalid(kind: string, issues: readonly { path: PropertyKey[]; code: string }[]): BerthError {
  const places = issues.map(({ path, code }) => `${path.map(String).join(".") || "input"}: ${code}`);
  const message = `The input of ${kind} does not fit: ${places.join("; ")}`;
  return new BerthError("protocol.invalid", message, { hint: otherVersion });
}
