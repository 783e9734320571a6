/** What the hub offers to the rest of the controller. */
import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { BerthError } from "@berth/shared/errors";
import type { LiveSamples } from "@berth/shared/api/live";
import type { AgentOperationKind } from "@berth/shared/operations/agent";
import type { OperationInput, OperationResult } from "@berth/shared/operations/index";
import type { Phase } from "@berth/shared/operations/phases";
import type { NodeFacts, Observation } from "@berth/shared/protocol/state";
import type { ProtocolVersion } from "@berth/shared/protocol/version";
import type { Logger } from "pino";
import type { RecentQuery } from "../metrics/sample-ring.ts";
import type { Authority } from "./authority/authority.ts";
import type { EnrolRequest, EnrolResponse, JoinTokenRequest } from "./enrolment/enrolment.ts";
import type { Clock } from "./clock.ts";
import type { KnownDisks } from "./state/disks.ts";
import type { AgentStore, EventRecord, PlacedInstance } from "./store.ts";

/** How long the hub waits for what. Tests shorten them. */
export interface Timing {
  /** Between two WebSocket pings */
  keepAliveSeconds: number;
  /** Nothing heard for so long: offline */
  silenceSeconds: number;
  /** From the upgrade to `hello` */
  helloSeconds: number;
  /** For the older of two connections to answer a ping before the newer one takes its place */
  probeSeconds: number;
  /** For an agent to connect before an operation that was not sent yet fails with node.offline */
  offlineGraceSeconds: number;
  /** After an operation's own deadline, for the agent's word on it */
  deadlineGraceSeconds: number;
  /** After `cancel`, for the agent's word on it */
  cancelGraceSeconds: number;
}

export interface HubOptions {
  store: AgentStore;
  authority: Authority;
  /** The controller's version: an agent of an older one is shown as outdated */
  version: string;
  logger: Logger;
  clock?: Clock;
  /** What the node's agent does about drift; `mend` when left out */
  drift?: (node: string) => "mend" | "report";
  timing?: Partial<Timing>;
}

/** What is known of one node's agent. Times are milliseconds since the epoch, by the controller's clock. */
export interface NodePresence {
  node: string;
  /** `enrolling`: it has a certificate and was never seen */
  state: "online" | "offline" | "enrolling";
  agentVersion: string | null;
  protocol: ProtocolVersion | null;
  /** Its protocol or version is older than the controller's */
  outdated: boolean;
  lastSeen: number | null;
  connectedSince: number | null;
  /** The node's clock minus the controller's, at the last `hello` */
  clockSkewMilliseconds: number | null;
  facts: NodeFacts | null;
  /** How many containers run, while more do than are measured; null: all are, or nobody knows at this moment */
  containersRunning: number | null;
  bootId: string | null;
  /** Address that the connection comes from */
  address: string | null;
}

export interface HubEvents {
  node: [NodePresence];
  /** Told by whoever has forgotten the node everywhere: the inventory has it no longer. */
  "node.gone": [{ node: string }];
  instance: [PlacedInstance];
  "instance.gone": [{ node: string; name: string }];
  samples: [LiveSamples];
  /** A node told how full its file systems are. */
  disks: [KnownDisks];
  /** The node's agent stays as it was. */
  "upgrade.failed": [{ node: string; error: BerthError }];
  /** Everything that is worth a line in the fleet's history */
  event: [EventRecord];
}

export interface DispatchRequest<K extends AgentOperationKind> {
  node: string;
  /** UUID, the same over attempts */
  id: string;
  /**
   * Counts from 1. The same id and attempt give the same outcome, over lost sockets, restarted agents and restarted
   * controllers: carry an interrupted attempt on under its number, and count on to perform the operation again.
   */
  attempt: number;
  kind: K;
  input: OperationInput<K>;
  deadlineSeconds: number;
  onProgress?: (progress: { line: string; fraction?: number | undefined }) => void;
  /** What it spent its time with, by the controller's clock: told once, before its result or error. */
  onPhases?: ((phases: readonly Phase[]) => void) | undefined;
  /** Cancels it on the node. With the reason `ControllerStopping` it goes on there, and only the waiting ends. */
  signal?: AbortSignal;
}

export interface StreamChunk {
  /** In the log of all containers. */
  container?: string | undefined;
  channel: "stdout" | "stderr";
  data: Buffer;
}

/** Output of a container. Ends when the container or the reader ends it; throws a BerthError when it breaks off. */
export interface LogStream extends AsyncIterable<StreamChunk> {
  close(): void;
}

export interface ExecStream extends LogStream {
  /** Resolves when the agent's socket takes more: wait for it before writing on. */
  write(data: Uint8Array): Promise<void>;
  endInput(): void;
  resize(columns: number, rows: number): void;
  /** Exit code of the command; null when it is not known. Settles when the output ends, and never rejects. */
  readonly exitCode: Promise<number | null>;
}

export interface LogsRequest {
  instance: string;
  /** Left out: all of the instance's; of an agent before 1.3 its own, and no other can be asked for. */
  container?: string | undefined;
  follow: boolean;
  tail: number;
  timestamps: boolean;
}

export interface ExecRequest {
  instance: string;
  /** Left out: the instance's own. */
  container?: string | undefined;
  command: string[];
  tty: { columns: number; rows: number } | null;
}

export interface Sampling {
  intervalSeconds: number;
  batchSeconds: number;
}

export interface AgentBundle {
  version: string;
  /** Path on the controller's HTTPS server */
  path: string;
  sha256: string;
}

export interface AgentUpgrade {
  from: string;
  /** Version that runs now */
  to: string;
  /** The agent connected with the new version */
  changed: boolean;
  /** The new one did not stay: the old one came back */
  rolledBack: boolean;
}

export interface Hub {
  readonly events: EventEmitter<HubEvents>;

  createJoinToken(request: JoinTokenRequest): Promise<{ token: string; expiresAt: Date }>;
  /** Answers POST enrolPath. @throws BerthError token.invalid, request.invalid, rate.limited */
  handleEnrol(request: EnrolRequest): Promise<EnrolResponse>;
  /** Takes the `upgrade` event of the HTTPS server for connectPath. Never throws. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;

  /**
   * Has the node perform an operation, at least once, and gives its result.
   *
   * No result is lost: the outcome is written to the store before the agent may forget it, and a later call with the
   * same id and attempt (after a restart of the controller, say) is answered from there or from the agent's journal.
   *
   * @throws BerthError the agent's own error; node.offline when the agent does not connect within the grace time and
   * nothing was sent; deadline.exceeded; cancelled.
   */
  dispatch<K extends AgentOperationKind>(request: DispatchRequest<K>): Promise<OperationResult<K>>;
  /** The node's state, read from Docker now. @throws BerthError node.offline, deadline.exceeded */
  observe(node: string, options: { timeoutMilliseconds: number }): Promise<Observation>;
  /** @throws BerthError node.offline */
  openLogs(node: string, request: LogsRequest): LogStream;
  /** @throws BerthError node.offline */
  openExec(node: string, request: ExecRequest): ExecStream;

  /** @throws BerthError node.offline when it is not online in time, cancelled */
  waitOnline(node: string, options: { timeoutMilliseconds: number; signal?: AbortSignal }): Promise<NodePresence>;
  /** Every enrolled node, by name. */
  connections(): NodePresence[];
  connection(node: string): NodePresence | undefined;
  /** Instances as last observed, of every node or of one; those of an offline node are as old as its `lastSeen`. */
  observedInstances(node?: string): PlacedInstance[];
  /** The last seconds of samples, oldest frame first, times by the controller's clock. */
  recentSamples(query: RecentQuery): LiveSamples[];
  /** Where they begin, of one node. Milliseconds since the epoch; undefined: there are none. */
  samplesSince(node: string): number | undefined;

  /** File systems and volumes as told last, of every node that told some or of one. */
  disks(node?: string): KnownDisks[];

  disconnect(node: string, reason: string): void;
  /** Revokes every certificate and token of the node, closes its connection and forgets it. */
  revoke(node: string, reason: string): Promise<void>;
  /** Replaces the node's agent. @throws BerthError node.offline, deadline.exceeded */
  upgradeAgent(node: string, bundle: AgentBundle, options?: { timeoutMilliseconds?: number }): Promise<AgentUpgrade>;
  /** How often samples are wanted, of one node or (null) of every node without a setting of its own. */
  setSampling(node: string | null, sampling: Sampling): void;

  /** Closes every connection, and ends when nothing more is written to the store. Operations go on at the nodes; whoever waits for one gets ControllerStopping. */
  close(): Promise<void>;
}
