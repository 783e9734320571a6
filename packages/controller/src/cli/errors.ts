import type { ErrorBody } from "@berth/shared/api/errors";
import { BerthError, type ErrorCode } from "@berth/shared/errors";
import type { Problem } from "@berth/shared/fleet/problem";

/** Content of files by their name, as far as it is at hand. */
export type FileTexts = ReadonlyMap<string, string>;

/** Files with mistakes. `texts` are those whose lines can be shown. */
export class FleetProblemsError extends BerthError {
  readonly problems: readonly Problem[];
  readonly texts: FileTexts;

  constructor(
    code: ErrorCode,
    message: string,
    problems: readonly Problem[],
    { texts = new Map(), hint }: { texts?: FileTexts; hint?: string | undefined } = {},
  ) {
    super(code, message, hint === undefined ? {} : { hint });
    this.problems = problems;
    this.texts = texts;
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
