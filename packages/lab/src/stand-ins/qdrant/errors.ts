/** What a request is refused with: the original's sentences and HTTP statuses. */
export class Refusal extends Error {
  readonly status: number;
  /** A key or token itself was refused: the original answers with plain text, and with JSON everywhere else. */
  readonly isPlain: boolean;

  constructor(status: number, message: string, { isPlain = false }: { isPlain?: boolean } = {}) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.isPlain = isPlain;
  }
}

export function unauthorized(message: string): Refusal {
  return new Refusal(401, message, { isPlain: true });
}

/** A token that was recognised, and is worth nothing. */
export function tokenForbidden(message: string): Refusal {
  return new Refusal(403, message, { isPlain: true });
}

export function forbidden(message: string): Refusal {
  return new Refusal(403, `Forbidden: ${message}`);
}

export function badInput(message: string): Refusal {
  return new Refusal(400, `Wrong input: ${message}`);
}

export function badRequest(message: string): Refusal {
  return new Refusal(400, `Bad request: ${message}`);
}

/** The body has not the form that it must have. */
export function malformed(message: string): Refusal {
  return new Refusal(400, `Format error in JSON body: ${message}`);
}

/** A value is out of range. */
export function invalid(message: string): Refusal {
  return new Refusal(422, `Validation error in JSON body: [${message}]`);
}

export function alreadyExists(collection: string): Refusal {
  return new Refusal(409, `Wrong input: Collection \`${collection}\` already exists!`);
}

export function collectionMissing(collection: string): Refusal {
  return new Refusal(404, `Not found: Collection \`${collection}\` doesn't exist!`);
}

export function notFound(message: string): Refusal {
  return new Refusal(404, `Not found: ${message}`);
}

/** What the original can do and this cannot. */
export function notOffered(what: string): Refusal {
  return new Refusal(501, `This stand-in for Qdrant does not offer ${what}`);
}
