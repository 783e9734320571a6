/** Why the controller closed a connection: WebSocket close codes of Berth's own, beside the standard 1001 (restarting). */
export const closeCodes = {
  /** A message does not fit the protocol: malformed, too large or out of order. */
  invalid: 4400,
  /** The identity is not the certificate's, or was revoked. Connecting again does not help. */
  forbidden: 4403,
  /** Nothing was heard in time: no hello, no pong. */
  silent: 4408,
  /** Another live agent is connected under this identity. */
  duplicate: 4409,
  /** This agent connected again; the older connection ends. */
  replaced: 4410,
  /** Protocol versions too far apart: the agent has to be upgraded first. */
  unsupported: 4426,
  /** The agent does not read what it is sent. */
  overflow: 4429,
  /** The controller could not do its part; connect again. */
  failed: 4500,
} as const;

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];
