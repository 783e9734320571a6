import type { Selectable } from "kysely";
import { nodeFactsSchema, nodeStateSchema, type NodeFacts, type NodeState } from "@berth/shared/protocol/state";
import { check, decodeOrNull, encode, now } from "./columns.ts";
import type { Queryable } from "./database.ts";
import type { NodesTable } from "./tables/fleet.ts";

export interface NodeRecord {
  name: string;
  address: string;
  /** Proxmox connection that makes the LXC; null for a host that exists. */
  proxmox: string | null;
  vmid: number | null;
  /** SHA256:… fingerprint pinned on first contact. */
  sshHostKey: string | null;
  state: NodeState;
  agentVersion: string | null;
  /** `major.minor` its agent spoke last. */
  protocol: string | null;
  clockSkewMilliseconds: number | null;
  facts: NodeFacts | null;
  lastSeen: string | null;
  createdAt: string;
}

export async function listNodes(database: Queryable): Promise<NodeRecord[]> {
  const rows = await database.selectFrom("nodes").selectAll().orderBy("name").execute();
  return rows.map(toRecord);
}

export async function getNode(database: Queryable, name: string): Promise<NodeRecord | null> {
  const row = await database.selectFrom("nodes").selectAll().where("name", "=", name).executeTakeFirst();
  return row === undefined ? null : toRecord(row);
}

/** Makes the node known, or changes where it is. What is observed of it stays. */
export async function putNode(
  database: Queryable,
  node: Pick<NodeRecord, "name" | "address" | "proxmox">,
): Promise<void> {
  await database
    .insertInto("nodes")
    .values({
      ...node,
      vmid: null,
      sshHostKey: null,
      state: "absent",
      agentVersion: null,
      protocol: null,
      clockSkewMilliseconds: null,
      facts: null,
      lastSeen: null,
      createdAt: now(),
    })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ address: node.address, proxmox: node.proxmox }))
    .execute();
}

export async function setNodeVmid(database: Queryable, name: string, vmid: number | null): Promise<void> {
  await database.updateTable("nodes").set({ vmid }).where("name", "=", name).execute();
}

/** Pins the SSH host key; null forgets it, for a host that was made anew. */
export async function setNodeSshHostKey(database: Queryable, name: string, sshHostKey: string | null): Promise<void> {
  await database.updateTable("nodes").set({ sshHostKey }).where("name", "=", name).execute();
}

export interface AgentReport {
  agentVersion: string;
  protocol: string;
  clockSkewMilliseconds: number;
  facts: NodeFacts;
}

/** What the node's agent said of itself when it connected; the node is online from now. */
export async function recordAgent(database: Queryable, name: string, report: AgentReport): Promise<void> {
  await database
    .updateTable("nodes")
    .set({ ...report, facts: encode(report.facts), state: "online", lastSeen: now() })
    .where("name", "=", name)
    .execute();
}

/** The node's agent was heard of last at `at`. */
export async function recordNodeSeen(
  database: Queryable,
  name: string,
  state: NodeState,
  at: string = now(),
): Promise<void> {
  await database.updateTable("nodes").set({ state, lastSeen: at }).where("name", "=", name).execute();
}

/** Forgets the node and the instances on it. */
/** With what was observed on it and nothing asks for. */
export async function removeNode(database: Queryable, name: string): Promise<boolean> {
  await database.deleteFrom("instances").where("node", "=", name).where("desiredHash", "is", null).execute();
  const { numDeletedRows } = await database.deleteFrom("nodes").where("name", "=", name).executeTakeFirst();
  return numDeletedRows > 0n;
}

function toRecord(row: Selectable<NodesTable>): NodeRecord {
  const what = `node ${row.name}`;
  return {
    ...row,
    state: check(nodeStateSchema, row.state, what),
    facts: decodeOrNull(nodeFactsSchema, row.facts, what),
  };
}

export async function isKnownNode(database: Queryable, node: string): Promise<boolean> {
  return (await getNode(database, node)) !== null;
}
