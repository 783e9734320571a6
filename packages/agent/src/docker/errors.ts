/** Docker's errors in the words of the catalogue. Never repeats a request body: it holds environment values. */
import { BerthError, type ErrorCode, toBerthError } from "@berth/shared/errors";
import { errorCode } from "../files.ts";

/** What Docker answers with, as docker-modem throws it. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : undefined;
}

const unreachable = new Set([
  "ECONNREFUSED",
  "ENOENT",
  "ECONNRESET",
  "EPIPE",
  "EAGAIN",
  "EACCES",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

/** The engine is not there, or its connection broke off: whatever was asked for may have been done or not. */
export class EngineAway extends BerthError {
  constructor(what: string, reason: string, cause: unknown) {
    super("docker.failed", `Could not ${what}: the Docker engine does not answer (${reason}).`, {
      hint: "Is the service docker running on the node? journalctl -u docker says why not.",
      cause,
    });
  }
}

/** Docker holds a port: for a container that publishes it or, after it was killed while it started one, for nobody. */
export class PortKept extends BerthError {
  constructor(message: string, cause?: unknown) {
    super("conflict", message, {
      hint: "docker ps shows who publishes the port; if nobody does, Docker was killed while it started a container, and systemctl restart docker frees the port.",
      cause,
    });
  }
}

/** Docker's failure as a BerthError; `what` is what was tried: "create the container user1-n8n". */
export function dockerError(error: unknown, what: string): BerthError {
  if (error instanceof BerthError) return error;
  const code = errorCode(error);
  if (code !== undefined && unreachable.has(code)) return new EngineAway(what, code, error);
  const message = dockerMessage(error);
  if (/no space left on device|disk quota exceeded/i.test(message)) {
    return new BerthError("disk.full", `Could not ${what}: no space is left on the node's disk.`, {
      hint: "Enlarge the node's disk or remove unused images: docker image prune -a.",
      cause: error,
    });
  }
  if (portAllocated.test(message)) return new PortKept(`Could not ${what}: ${message}`, error);
  return new BerthError(codeOf(message, statusOf(error)), `Could not ${what}: ${message}`, { cause: error });
}

const portAllocated = /port is already allocated/i;
const portHeld = /address already in use/i;

function codeOf(message: string, status: number | undefined): ErrorCode {
  if (portHeld.test(message)) return "conflict";
  if (status === 409) return "conflict";
  if (/no such image/i.test(message)) return "image.unavailable";
  return "docker.failed";
}

function dockerMessage(error: unknown): string {
  if (error instanceof Error && "json" in error && typeof error.json === "object" && error.json !== null) {
    const { json } = error;
    if ("message" in json && typeof json.message === "string") return json.message;
  }
  return toBerthError(error).message;
}
