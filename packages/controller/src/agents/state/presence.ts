/** Which nodes are enrolled, which are online, and what is known of their agents. */
import { compatibilityOf } from "@berth/shared/protocol/version";
import type { AgentMessageOf } from "@berth/shared/protocol/messages";
import type { Connection } from "../connection/connection.ts";
import type { AgentRecord } from "../store.ts";
import type { Clock } from "../clock.ts";
import type { NodePresence } from "../types.ts";
import { isOlderVersion } from "./version-order.ts";

interface Entry extends AgentRecord {
  connection: Connection | undefined;
  connectedSince: number | null;
  bootId: string | null;
  containersRunning: number | null;
}

export interface PresenceOptions {
  clock: Clock;
  /** The controller's */
  version: string;
  onChange: (presence: NodePresence) => void;
}

export class Presence {
  readonly #options: PresenceOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  load(records: readonly AgentRecord[]): void {
    for (const record of records) this.#entries.set(record.node, { ...record, ...offline });
  }

  /** The live connection of the node. */
  connection(node: string): Connection | undefined {
    return this.#entries.get(node)?.connection;
  }

  bootId(node: string): string | null {
    return this.#entries.get(node)?.bootId ?? null;
  }

  get(node: string): NodePresence | undefined {
    const entry = this.#entries.get(node);
    return entry === undefined ? undefined : this.#describe(entry);
  }

  list(): NodePresence[] {
    return [...this.#entries.values()]
      .toSorted((one, other) => (one.node < other.node ? -1 : 1))
      .map((entry) => this.#describe(entry));
  }

  connections(): Connection[] {
    return [...this.#entries.values()].flatMap(({ connection }) => connection ?? []);
  }

  /** The node got a certificate: it is expected from now. */
  enrolled(node: string): void {
    if (this.#entries.has(node)) return;
    const entry = { node, ...unknown, ...offline };
    this.#entries.set(node, entry);
    this.#options.onChange(this.#describe(entry));
  }

  connected(connection: Connection, hello: AgentMessageOf<"hello">): void {
    const { node } = connection.identity;
    const now = this.#options.clock.now();
    const entry: Entry = {
      node,
      agentVersion: hello.agentVersion,
      protocol: hello.protocol,
      clockSkewMilliseconds: hello.clock - now,
      facts: hello.facts,
      lastSeen: now,
      connection,
      connectedSince: now,
      bootId: hello.bootId,
      containersRunning: null,
    };
    this.#entries.set(node, entry);
    this.#options.onChange(this.#describe(entry));
  }

  /** False: it was not (or no longer) the node's connection. */
  disconnected(connection: Connection): boolean {
    const entry = this.#entries.get(connection.identity.node);
    if (entry?.connection !== connection) return false;
    entry.lastSeen = this.#lastSeen(entry);
    Object.assign(entry, { ...offline, bootId: entry.bootId });
    this.#options.onChange(this.#describe(entry));
    return true;
  }

  /** `running`: how many containers do, null if all are measured. Told when it begins and when it ends. */
  sampled({ identity: { node } }: Connection, running: number | null): void {
    const entry = this.#entries.get(node);
    if (entry?.connection === undefined) return;
    const isChanged = (entry.containersRunning === null) !== (running === null);
    entry.containersRunning = running;
    if (isChanged) this.#options.onChange(this.#describe(entry));
  }

  forget(node: string): void {
    this.#entries.delete(node);
  }

  #describe(entry: Entry): NodePresence {
    const { node, agentVersion, protocol, clockSkewMilliseconds, facts, connectedSince, bootId, connection } = entry;
    const { containersRunning } = entry;
    const seen = agentVersion !== null;
    return {
      node,
      state: connection === undefined ? (seen ? "offline" : "enrolling") : "online",
      agentVersion,
      protocol,
      outdated: this.#isOutdated(entry),
      lastSeen: this.#lastSeen(entry),
      connectedSince,
      clockSkewMilliseconds,
      facts,
      containersRunning,
      bootId,
      address: connection?.identity.address ?? null,
    };
  }

  #isOutdated({ protocol, agentVersion }: Entry): boolean {
    if (protocol !== null && compatibilityOf(protocol) !== "current") return true;
    return agentVersion !== null && isOlderVersion(agentVersion, this.#options.version);
  }

  #lastSeen({ connection, lastSeen }: Entry): number | null {
    return connection === undefined ? lastSeen : this.#options.clock.now() - Math.round(connection.silentFor);
  }
}

const unknown = { agentVersion: null, protocol: null, clockSkewMilliseconds: null, facts: null, lastSeen: null };
const offline = { connection: undefined, connectedSince: null, bootId: null, containersRunning: null };
