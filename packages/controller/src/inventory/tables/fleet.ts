/** Rows about what the fleet should be, what it is, and what happened in it. Times are ISO 8601 in UTC, JSON is text. */
import type { Generated } from "kysely";

export interface FleetRevisionsTable {
  id: Generated<number>;
  file: string;
  yaml: string;
  account: string;
  createdAt: string;
}

export interface NodesTable {
  name: string;
  address: string;
  /** Proxmox connection that made the LXC; null for a host that existed. */
  proxmox: string | null;
  vmid: number | null;
  /** SHA256:… fingerprint pinned on first contact. */
  sshHostKey: string | null;
  state: string;
  agentVersion: string | null;
  /** `major.minor` of the protocol its agent spoke last. */
  protocol: string | null;
  clockSkewMilliseconds: number | null;
  facts: string | null;
  lastSeen: string | null;
  createdAt: string;
}

export interface TenantsTable {
  name: string;
  node: string;
  createdAt: string;
}

/** Desired columns come from the fleet file, observed ones from the node's agent; `desiredHash` null: not in the file. */
export interface InstancesTable {
  name: string;
  service: string;
  version: string;
  node: string;
  tenant: string | null;
  ports: string;
  desiredHash: string | null;
  state: string;
  observedHash: string | null;
  observedVersion: string | null;
  drift: string;
  containers: string;
  observedAt: string | null;
}

export interface NeedsTable {
  kind: string;
  name: string;
  /** Instance that has the need. */
  instance: string;
  /** Instance of the store that fulfils it. */
  server: string;
  specification: string;
  state: string;
  checkedAt: string | null;
}

export interface EventsTable {
  id: Generated<number>;
  at: string;
  kind: string;
  node: string | null;
  instance: string | null;
  message: string;
  data: string;
}

export interface SpecificationsTable {
  hash: string;
  instance: string;
  specification: string;
}
