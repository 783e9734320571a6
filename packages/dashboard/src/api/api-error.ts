import { errorBodySchema, type ErrorBody } from "@berth/shared/api/errors";
import { BerthError, toBerthError } from "@berth/shared/errors";

/** The error an answer carries, or one made from its status when the body is not Berth's. */
export async function errorOfResponse(response: Response): Promise<BerthError> {
  const body = errorBodySchema.safeParse(await response.json().catch(() => undefined));
  if (body.success) return errorOfBody(body.data);
  if (response.status === 401) return new BerthError("unauthenticated", "This session is not logged in.");
  return new BerthError("controller.unreachable", `The controller answered with status ${response.status}.`, {
    hint: "Something between this page and the controller may have answered in its place.",
  });
}

export function errorOfBody({ error: { code, message, hint } }: ErrorBody): BerthError {
  return new BerthError(code, message, hint === undefined ? {} : { hint });
}

/** Whatever fetch or a schema threw, in words for the reader. `wait` is the deadline that was set, in milliseconds. */
export function errorOfFetch(thrown: unknown, what: string, wait: number): BerthError {
  if (thrown instanceof BerthError) return thrown;
  if (thrown instanceof DOMException && thrown.name === "TimeoutError") {
    return new BerthError("deadline.exceeded", `The controller did not answer within ${wait / 1000} s (${what}).`);
  }
  if (thrown instanceof TypeError) {
    return new BerthError("controller.unreachable", "The controller does not answer.", {
      hint: "Is `berth serve` running, and is the network between it and this browser up?",
      cause: thrown,
    });
  }
  return toBerthError(thrown);
}
