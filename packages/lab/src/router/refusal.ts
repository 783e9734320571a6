import { BerthError } from "@berth/shared/errors";

/** Of a configuration as a whole: the one before it stays in force. */
export function refusal(reason: string): BerthError {
  return new BerthError("protocol.invalid", `The configuration is refused: ${reason}`);
}
