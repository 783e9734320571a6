/** Rows of the agents room. Times are ISO 8601 in UTC, JSON is text. */

export interface JoinTokensTable {
  id: string;
  /** SHA-256 of the secret, hex; the token itself is never stored. */
  secretHash: string;
  node: string;
  createdAt: string;
  expiresAt: string;
  usedAt: string | null;
  /** SHA-256 (hex) of the key that used it: the same one gets the same answer again. */
  publicKeyHash: string | null;
  /** PEM that it bought. */
  certificate: string | null;
}

export interface CertificatesTable {
  serial: string;
  node: string;
  /** Join token from which it descends, over renewals. */
  enrolment: string;
  issuedAt: string;
  notAfter: string;
  revokedAt: string | null;
  revocation: string | null;
}

/** Which events of an agent are stored: each is stored once, however often it comes. */
export interface AgentEventsTable {
  node: string;
  enrolment: string;
  sequence: number;
  nodeAt: string;
  receivedAt: string;
}

/** Operations given to agents, with how they ended: kept before the agent may forget it. */
export interface AgentOperationsTable {
  id: string;
  node: string;
  kind: string;
  openedAt: string;
  settledAt: string | null;
  outcome: string | null;
}
