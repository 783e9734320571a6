import type { BerthError, ErrorCode } from "@berth/shared/errors";

/** What says nothing of the node but that it cannot be asked. `cancelled`: the agent was told to stop by somebody. */
const unseen: readonly ErrorCode[] = [
  "node.offline",
  "deadline.exceeded",
  "controller.unreachable",
  "protocol.invalid",
  "protocol.unsupported",
  "cancelled",
];

/**
 * Whether a failure leaves open what became of the operation. Nobody goes back because of it: what the controller cannot
 * see may run well.
 */
export function isUnseen({ code }: BerthError): boolean {
  return unseen.includes(code);
}
