/** What the hub keeps over restarts. inventory/agents.ts implements it. Times are milliseconds since the epoch. */
import type { EventKind } from "@berth/shared/api/events";
import type { ErrorCode } from "@berth/shared/errors";
import type { Phase } from "@berth/shared/operations/phases";
import type { NodeFacts, ObservedInstance } from "@berth/shared/protocol/state";
import type { ProtocolVersion } from "@berth/shared/protocol/version";

export interface JoinTokenRecord {
  id: string;
  /** SHA-256 of the secret, hex */
  secretHash: string;
  node: string;
  createdAt: number;
  expiresAt: number;
}

export interface JoinTokenClaim {
  id: string;
  secretHash: string;
  publicKeyHash: string;
  now: number;
  /** A token used after this moment by the same key is answered again. */
  repeatableSince: number;
}

export interface ClaimedJoinToken {
  node: string;
  /** PEM of the certificate that an earlier, equal claim got; null: none yet */
  certificate: string | null;
}

export interface CertificateRecord {
  serial: string;
  node: string;
  /** Id of the join token from which it descends, also over renewals: a node enrolled anew has another one. */
  enrolment: string;
  issuedAt: number;
  notAfter: number;
}

export interface KnownCertificate extends CertificateRecord {
  revoked: { at: number; reason: string } | null;
}

export interface AgentRecord {
  node: string;
  agentVersion: string | null;
  protocol: ProtocolVersion | null;
  clockSkewMilliseconds: number | null;
  facts: NodeFacts | null;
  lastSeen: number | null;
}

export interface PlacedInstance {
  node: string;
  /** By the controller's clock */
  observedAt: number;
  instance: ObservedInstance;
}

/** An event as it is kept: of a node's agent, with its sequence and clock, or of the controller itself. */
export interface EventRecord {
  at: number;
  kind: EventKind;
  node: string;
  instance: string | null;
  message: string;
  data: Record<string, unknown>;
}

export interface AgentEventRecord extends EventRecord {
  enrolment: string;
  sequence: number;
  /** By the node's clock; `at` is the controller's */
  nodeAt: number;
}

/** How an operation ended on its node, and what it spent its time with, by the controller's clock. */
export type StoredOutcome = { phases?: Phase[] | undefined } & (
  | { status: "succeeded"; output: unknown }
  | { status: "failed"; error: { code: ErrorCode; message: string; hint?: string | undefined } }
  | { status: "cancelled" }
);

export interface AgentStore {
  addJoinToken(token: JoinTokenRecord): Promise<void>;
  findJoinToken(id: string): Promise<(JoinTokenRecord & { usedAt: number | null }) | undefined>;
  /**
   * Uses the token up, in one statement: of several claims with different keys one succeeds. Undefined: it does not
   * exist, has expired, or was used by another key or too long ago.
   */
  claimJoinToken(claim: JoinTokenClaim): Promise<ClaimedJoinToken | undefined>;
  /**
   * Keeps the certificate bought with the token. Answers the one that is kept: an equal claim may have been faster.
   */
  completeEnrolment(tokenId: string, record: CertificateRecord, pem: string): Promise<string>;

  addCertificate(record: CertificateRecord): Promise<void>;
  /**
   * Takes in a certificate of a node that it does not know because the controller was rebuilt from a backup made before
   * the certificate was issued. Answers false for every other: a serial that this controller never issued is nobody's.
   */
  adoptCertificate(certificate: Omit<CertificateRecord, "enrolment">): Promise<boolean>;
  findCertificate(serial: string): Promise<KnownCertificate | undefined>;
  /** Revokes every certificate of the node and drops its join tokens. Answers the serials. */
  revokeCertificates(node: string, revocation: { at: number; reason: string }): Promise<string[]>;
  /** Revokes the certificates of the node's earlier enrolments. Answers the serials. */
  supersedeEnrolments(node: string, enrolment: string, revocation: { at: number; reason: string }): Promise<string[]>;

  /** Every node that ever got a certificate that is still good. */
  loadAgents(): Promise<AgentRecord[]>;
  /** All of them, or none. */
  saveAgents(records: readonly (AgentRecord & { online: boolean })[]): Promise<void>;

  loadObservedInstances(): Promise<PlacedInstance[]>;
  /** Replaces what is kept of the node. */
  replaceObservedInstances(node: string, observedAt: number, instances: readonly ObservedInstance[]): Promise<void>;
  saveObservedInstance(placed: PlacedInstance): Promise<void>;
  removeObservedInstance(node: string, name: string, observedAt: number): Promise<void>;

  /** Highest sequence kept of that enrolment, -1 when none. */
  lastEventSequence(node: string, enrolment: string): Promise<number>;
  /** Keeps those that are not kept yet and answers them, in order of sequence. */
  addAgentEvents(events: readonly AgentEventRecord[]): Promise<AgentEventRecord[]>;
  addEvent(event: EventRecord): Promise<void>;

  /** Notes that the operation is about to be sent; answers its outcome when there is one already. */
  openOperation(operation: { id: string; node: string; kind: string; at: number }): Promise<StoredOutcome | undefined>;
  /** Keeps the outcome. False: this node was never given that operation. The first outcome stays. */
  settleOperation(id: string, node: string, outcome: StoredOutcome, at: number): Promise<boolean>;
  /** Those of the ids that were given to the node and have no outcome yet. */
  unsettledOperations(node: string, ids: readonly string[]): Promise<string[]>;
  /** Drops what is older: operations and used tokens, events, certificates past their end. */
  prune(before: { operations: number; events: number; certificates: number }): Promise<void>;
}
