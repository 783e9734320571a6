/** Docker's errors in the words of the catalogue. Never repeats a request body: it holds environment values. */
import { BerthError, type ErrorCode, toBerthError } from "@berth/shared/errors";
import { errorCode } from "../files.ts";

/** What Docker answers with, as docker-modem throws it. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : undefined;
}

const unreachable = new Set(["ECONNREFUSED", "ENOENT", "ECONNRESET", "EPIPE", "EACCES"]);

/** Docker's failure as a BerthError; `what` is what was tried: "create the container user1-n8n". */
export function dockerError(error: unknown, what: string): BerthError {
  if (error instanceof BerthError) return error;
  const code = errorCode(error);
  if (code !== undefined && unreachable.has(code)) {
    return new BerthError("docker.failed", `Could not ${what}: the Docker engine does not answer (${code}).`, {
      hint: "Is the service docker running on the node? journalctl -u docker says why not.",
      cause: error,
    });
  }
  const message = dockerMessage(error);
  if (/no space left on device|disk quota exceeded/i.test(message)) {
    return new BerthError("disk.full", `Could not ${what}: no space is left on the node's disk.`, {
      hint: "Enlarge the node's disk or remove unused images: docker image prune -a.",
      cause: error,
    });
  }
  return new BerthError(codeOf(message, statusOf(error)), `Could not ${what}: ${message}`, { cause: error });
}

function codeOf(message: string, status: number | undefined): ErrorCode {
  if (/port is already allocated|address already in use/i.test(message)) return "conflict";
  if (status === 409) return "conflict";
  if (
    /manifest unknown|pull access denied|not found: manifest|no such image|repository does not exist/i.test(message)
  ) {
    return "image.unavailable";
  }
  return "docker.failed";
}

function dockerMessage(error: unknown): string {
  if (error instanceof Error && "json" in error && typeof error.json === "object" && error.json !== null) {
    const { json } = error;
    if ("message" in json && typeof json.message === "string") return json.message;
  }
  return toBerthError(error).message;
}
