import type { ErrorBody } from "@berth/shared/api/errors";
import { BerthError, type ErrorCode } from "@berth/shared/errors";
import type { Problem } from "@berth/shared/fleet/problem";

/** A fleet file with mistakes. `text` is its content, where it is at hand, so that the lines can be shown. */
export class FleetProblemsError extends BerthError {
  readonly problems: readonly Problem[];
  readonly text: string | undefined;

  constructor(code: ErrorCode, message: string, problems: readonly Problem[], text?: string, hint?: string) {
    super(code, message, hint === undefined ? {} : { hint });
    this.problems = problems;
    this.text = text;
  }

  withText(text: string): FleetProblemsError {
    return new FleetProblemsError(this.code, this.message, this.problems, text, this.hint);
  }
}

/** A mistake in how a command was written: exit code 2. */
export function usageError(message: string, hint?: string): BerthError {
  return new BerthError("request.invalid", message, hint === undefined ? {} : { hint });
}

/** An error as the controller told it in the middle of a stream. */
export function fromBody({ code, message, hint }: ErrorBody["error"]): BerthError {
  return new BerthError(code, message, hint === undefined ? {} : { hint });
}
