/**
 * The error catalogue: one entry per kind of failure, shared by API, CLI and agent.
 * `httpStatus` is what the API answers, `exitCode` what the CLI ends with, `retryable` whether a run tries again.
 * docs/errors.md lists them; a test keeps the two in step.
 */
export const errorCatalogue = {
  "fleet.invalid": { httpStatus: 422, exitCode: 2, retryable: false, meaning: "The fleet file has mistakes" },
  "request.invalid": {
    httpStatus: 400,
    exitCode: 2,
    retryable: false,
    meaning: "The request or argument is malformed",
  },
  "not-found": { httpStatus: 404, exitCode: 3, retryable: false, meaning: "Nothing has this name" },
  conflict: { httpStatus: 409, exitCode: 4, retryable: false, meaning: "Another run or owner holds it" },
  unauthenticated: {
    httpStatus: 401,
    exitCode: 5,
    retryable: false,
    meaning: "No valid account, token or certificate",
  },
  forbidden: { httpStatus: 403, exitCode: 5, retryable: false, meaning: "The role does not allow this" },
  "token.invalid": {
    httpStatus: 401,
    exitCode: 5,
    retryable: false,
    meaning: "The join token is wrong, used or expired",
  },
  "identity.duplicate": {
    httpStatus: 409,
    exitCode: 5,
    retryable: false,
    meaning: "This identity is already connected",
  },
  "rate.limited": {
    httpStatus: 429,
    exitCode: 5,
    retryable: true,
    meaning: "Too many attempts came from one address or node",
  },
  "protocol.unsupported": {
    httpStatus: 426,
    exitCode: 6,
    retryable: false,
    meaning: "Agent and controller are too far apart",
  },
  "protocol.invalid": {
    httpStatus: 400,
    exitCode: 6,
    retryable: false,
    meaning: "A message does not fit the protocol",
  },
  "controller.unreachable": {
    httpStatus: 503,
    exitCode: 7,
    retryable: true,
    meaning: "The controller does not answer",
  },
  "node.offline": { httpStatus: 503, exitCode: 8, retryable: true, meaning: "The node's agent is not connected" },
  "host.unsupported": {
    httpStatus: 422,
    exitCode: 9,
    retryable: false,
    meaning: "The host is not one that Berth can manage",
  },
  "ssh.failed": { httpStatus: 502, exitCode: 8, retryable: true, meaning: "SSH to the host did not work" },
  "host.unreachable": {
    httpStatus: 502,
    exitCode: 8,
    retryable: false,
    meaning: "The host does not answer SSH, though it was tried until a deadline",
  },
  "ssh.host-key": {
    httpStatus: 502,
    exitCode: 8,
    retryable: false,
    meaning: "The host's SSH key is not the pinned one",
  },
  "install.failed": {
    httpStatus: 502,
    exitCode: 8,
    retryable: true,
    meaning: "The agent could not be installed on the host or does not run there",
  },
  "proxmox.failed": { httpStatus: 502, exitCode: 8, retryable: true, meaning: "Proxmox VE answered with an error" },
  "proxmox.refused": { httpStatus: 502, exitCode: 8, retryable: false, meaning: "Proxmox VE does not allow this" },
  "docker.failed": {
    httpStatus: 502,
    exitCode: 8,
    retryable: true,
    meaning: "The Docker engine answered with an error",
  },
  "image.unavailable": { httpStatus: 502, exitCode: 8, retryable: true, meaning: "The image cannot be pulled" },
  "image.not-found": {
    httpStatus: 422,
    exitCode: 8,
    retryable: false,
    meaning: "The registry has no such image",
  },
  "instance.unhealthy": {
    httpStatus: 502,
    exitCode: 8,
    retryable: false,
    meaning: "The instance did not become healthy",
  },
  "route.failed": { httpStatus: 502, exitCode: 8, retryable: true, meaning: "A route does not answer" },
  "store.failed": { httpStatus: 502, exitCode: 8, retryable: true, meaning: "A shared store answered with an error" },
  "backup.damaged": {
    httpStatus: 502,
    exitCode: 8,
    retryable: false,
    meaning: "A backup or its repository is damaged or incomplete",
  },
  "disk.full": { httpStatus: 507, exitCode: 8, retryable: false, meaning: "No space is left on the node" },
  "deadline.exceeded": { httpStatus: 504, exitCode: 8, retryable: true, meaning: "It took longer than its deadline" },
  cancelled: { httpStatus: 409, exitCode: 10, retryable: false, meaning: "It was cancelled" },
  "run.failed": { httpStatus: 500, exitCode: 8, retryable: false, meaning: "One or more steps of the run failed" },
  "lab.failed": { httpStatus: 500, exitCode: 8, retryable: true, meaning: "The lab could not be made or removed" },
  "inventory.failed": {
    httpStatus: 500,
    exitCode: 1,
    retryable: false,
    meaning: "The controller's inventory cannot be read or written",
  },
  "secrets.locked": {
    httpStatus: 500,
    exitCode: 1,
    retryable: false,
    meaning: "The key of the secrets is wrong, missing or readable by others",
  },
  internal: { httpStatus: 500, exitCode: 1, retryable: false, meaning: "A mistake in Berth itself" },
} as const;

export type ErrorCode = keyof typeof errorCatalogue;

export interface BerthErrorOptions {
  /** What the reader can do about it, as one sentence. */
  hint?: string;
  cause?: unknown;
  /** After how long it is worth another try, where that is known. */
  retryAfterSeconds?: number;
}

/** A failure with a code of the catalogue and one clear sentence. Never carries a secret. */
export class BerthError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: BerthErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "BerthError";
    this.code = code;
    this.hint = options.hint;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get retryable(): boolean {
    return errorCatalogue[this.code].retryable;
  }

  /** The shape that crosses the wire: see `errorBodySchema` in api/errors.ts. */
  toBody(): { code: ErrorCode; message: string; hint?: string } {
    return { code: this.code, message: this.message, ...(this.hint === undefined ? {} : { hint: this.hint }) };
  }
}

/** Whatever was thrown, as a BerthError; an unknown error becomes `fallback` with its message kept. */
export function toBerthError(error: unknown, fallback: ErrorCode = "internal"): BerthError {
  if (error instanceof BerthError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new BerthError(fallback, message, { cause: error });
}
