import { BerthError, errorCatalogue, type ErrorCode } from "@berth/shared/errors";
import type { AgentOperationKind } from "@berth/shared/operations/agent";
import { operations, type OperationResult } from "@berth/shared/operations/index";
import type { Phase } from "@berth/shared/operations/phases";
import type { AgentMessageOf } from "@berth/shared/protocol/messages";
import type * as z from "zod";
import type { StoredOutcome } from "../store.ts";

type Parsed<T> = { success: true; data: T } | { success: false; error: z.ZodError };

const parsers: { [K in AgentOperationKind]: (output: unknown) => Parsed<OperationResult<K>> } = {
  "firewall.ensure": (output) => operations["firewall.ensure"].result.safeParse(output),
  "image.ensure": (output) => operations["image.ensure"].result.safeParse(output),
  "instance.ensure": (output) => operations["instance.ensure"].result.safeParse(output),
  "instance.remove": (output) => operations["instance.remove"].result.safeParse(output),
  "instance.restart": (output) => operations["instance.restart"].result.safeParse(output),
  "backup.create": (output) => operations["backup.create"].result.safeParse(output),
  "backup.restore": (output) => operations["backup.restore"].result.safeParse(output),
  "backup.drill": (output) => operations["backup.drill"].result.safeParse(output),
  "repository.check": (output) => operations["repository.check"].result.safeParse(output),
  "repository.prune": (output) => operations["repository.prune"].result.safeParse(output),
  "checkpoint.create": (output) => operations["checkpoint.create"].result.safeParse(output),
  "checkpoint.restore": (output) => operations["checkpoint.restore"].result.safeParse(output),
  "checkpoint.remove": (output) => operations["checkpoint.remove"].result.safeParse(output),
  "instance.prove": (output) => operations["instance.prove"].result.safeParse(output),
};

type AgentError = NonNullable<AgentMessageOf<"stream.end">["error"]>;

/** The agent's outcome with an error code that this controller knows, and phases by the controller's clock. */
export function toStoredOutcome(
  { outcome, phases }: Pick<AgentMessageOf<"result">, "outcome" | "phases">,
  clocks: Clocks,
): StoredOutcome {
  const known: StoredOutcome =
    outcome.status === "failed" ? { status: "failed", error: toKnownError(outcome.error).toBody() } : outcome;
  return phases === undefined ? known : { ...known, phases: byControllerClock(phases, clocks) };
}

export interface Clocks {
  /** By the controller's. */
  now: number;
  /** The node's clock minus the controller's. */
  skewMilliseconds: number;
}

/** None ends after it was told: the skew is no better known than the time that the node's hello took. */
export function byControllerClock(phases: readonly Phase[], { now, skewMilliseconds }: Clocks): Phase[] {
  const ends = phases.map(({ at, milliseconds }) => at + milliseconds - skewMilliseconds);
  const late = Math.max(0, ...ends.map((end) => end - now));
  return phases.map((phase) => ({ ...phase, at: phase.at - skewMilliseconds - late }));
}

/** The agent's error; a code that this controller does not know becomes `internal`. */
export function toKnownError({ code, message, hint }: AgentError): BerthError {
  const options = hint === undefined ? {} : { hint };
  return isErrorCode(code)
    ? new BerthError(code, message, options)
    : new BerthError("internal", `${message} (${code})`, options);
}

/** The result of the operation's kind. @throws BerthError the agent's error, cancelled, protocol.invalid */
export function resultOf<K extends AgentOperationKind>(
  kind: K,
  node: string,
  outcome: StoredOutcome,
): OperationResult<K> {
  if (outcome.status === "cancelled") throw new BerthError("cancelled", `${kind} was cancelled on node '${node}'`);
  if (outcome.status === "failed") {
    throw toKnownError(outcome.error);
  }
  const parsed = parsers[kind](outcome.output);
  if (parsed.success) return parsed.data;
  throw new BerthError("protocol.invalid", `The result of ${kind} from node '${node}' is malformed`, {
    hint: "Upgrade the node's agent with 'berth node upgrade-agent'.",
    cause: parsed.error,
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}
