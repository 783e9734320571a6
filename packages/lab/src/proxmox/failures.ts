/** An answer other than 200, in the shape that Proxmox VE gives it: the reason stands in the status line and the body. */
export class ApiFailure extends Error {
  readonly status: number;
  /** Per parameter, what is wrong with it; only with 400. */
  readonly errors: Record<string, string> | undefined;

  constructor(status: number, message: string, errors?: Record<string, string>) {
    super(message);
    this.name = "ApiFailure";
    this.status = status;
    this.errors = errors;
  }
}

/** What Perl's `die` in a handler becomes. */
export function failure(message: string): ApiFailure {
  return new ApiFailure(500, message);
}

export function parameterFailure(errors: Record<string, string>): ApiFailure {
  return new ApiFailure(400, "Parameter verification failed.", errors);
}

export function permissionFailure(what?: string): ApiFailure {
  return new ApiFailure(403, what === undefined ? "Permission check failed" : `Permission check failed (${what})`);
}

export function missingGuest(node: string, vmid: number): ApiFailure {
  return failure(`Configuration file 'nodes/${node}/lxc/${vmid}.conf' does not exist`);
}
