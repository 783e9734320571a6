/** What the agent needs of a Docker engine, in its own words; docker/dockerode-engine.ts is the real one. */
import type { Readable, Writable } from "node:stream";
import type { InstanceSpec, ContainerSpec } from "@berth/shared/operations/instance-spec";
import type { EnginePresence } from "./presence.ts";

/** One row of Docker's list of containers. */
export interface ContainerSummary {
  id: string;
  /** Without the leading slash. */
  name: string;
  image: string;
  imageId: string;
  /** created, running, paused, restarting, exited, dead. */
  state: string;
  labels: Readonly<Record<string, string>>;
  hostPorts: readonly number[];
}

/** One row of Docker's list of images. References of Docker Hub are shortened: "redis:8". */
export interface ImageSummary {
  id: string;
  /** References with tag. */
  tags: readonly string[];
  /** References with digest, by which registries know it; none: it was built or loaded here. */
  digests: readonly string[];
}

export interface ContainerDetails extends Omit<ContainerSummary, "hostPorts"> {
  paused: boolean;
  /** Process id of its first process as this node sees it; 0 when it does not run. */
  pid: number;
  exitCode: number;
  /** The kernel has killed a process of it for want of memory. */
  outOfMemory: boolean;
  /** ISO 8601; null when it never ran. */
  startedAt: string | null;
  restarts: number;
  memoryBytes: number;
  /** Cores; null: unlimited. */
  cpus: number | null;
  restartPolicy: string;
  networks: readonly string[];
  /** Address on its first network; null when it does not run. */
  address: string | null;
}

export interface ContainerLimits {
  memoryBytes: number;
  cpus: number | undefined;
}

export interface PullProgress {
  line: string;
  /** 0 to 1, of the layers known so far. */
  fraction?: number;
}

export interface TerminalSize {
  columns: number;
  rows: number;
}

/** A command running in a container: bytes in, bytes out, its exit code at the end. */
export interface ExecSession {
  input: Writable;
  /** As it comes, or in frames where there is no terminal; destroying it leaves the command alone. */
  output: Readable;
  resize(columns: number, rows: number): Promise<void>;
  /** Ends it as a terminal does that is closed. Docker lets a command run on whose connection has gone. */
  hangUp(): Promise<void>;
  /** Null when Docker no longer knows it. */
  exitCode(): Promise<number | null>;
}

export interface LogOptions {
  follow: boolean;
  /** Left out: all. */
  tail?: number | undefined;
  /** Only what is as late as this: RFC 3339 with nanoseconds, as Docker writes its timestamps. */
  since?: string | undefined;
  timestamps: boolean;
  signal: AbortSignal;
}

export interface DockerEvent {
  action: string;
  id: string;
  name: string;
  /** Of the container, as labelled by Berth; undefined for somebody else's. */
  instance: string | undefined;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface Engine {
  /** Kept up to date by docker/watch.ts. */
  readonly presence: EnginePresence;
  /** Of an engine that takes new connections: one that is stopping does not answer. */
  version(): Promise<string>;
  /** Has it started anew, with all that runs. False: not here, or not again so soon. */
  restart(): Promise<boolean>;
  listContainers(filter?: {
    instance?: string;
    onlyBerth?: boolean;
    onlyRunning?: boolean;
  }): Promise<ContainerSummary[]>;
  /** Null when there is no such container. */
  inspectContainer(id: string): Promise<ContainerDetails | null>;
  /** Makes the container, its files and its labelled volumes; it does not start. Returns its id. */
  createContainer(spec: InstanceSpec, container: ContainerSpec, name: string): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** Null: the timeout that the container was made with. No error when it is gone already. */
  stopContainer(id: string, timeoutSeconds: number | null): Promise<void>;
  unpauseContainer(id: string): Promise<void>;
  renameContainer(id: string, name: string): Promise<void>;
  updateContainer(id: string, limits: ContainerLimits): Promise<void>;
  /** Stops it if need be; its volumes stay. No error when it is gone already. */
  removeContainer(id: string): Promise<void>;
  /** The image's id, or null when it is not here. */
  imageId(reference: string): Promise<string | null>;
  /** Digests by which registries know the image, `sha256:…`; none when it is not here, or was never in one. */
  imageDigests(reference: string): Promise<string[]>;
  /** Those that are present. */
  listImages(): Promise<ImageSummary[]>;
  pullImage(reference: string, onProgress: (progress: PullProgress) => void, signal: AbortSignal): Promise<void>;
  /** Removes the volumes that carry the instance's label. Returns their names. */
  removeVolumes(instance: string): Promise<string[]>;
  ensureNetwork(name: string): Promise<void>;
  /** Container events as they come; ends or fails when the connection does. */
  events(signal: AbortSignal): Promise<AsyncIterable<DockerEvent>>;
  /** Multiplexed frames: docker/frames.ts takes them apart. */
  logs(id: string, options: LogOptions): Promise<Readable>;
  /** @throws BerthError not-found when a terminal is asked for and the container has no such command */
  exec(id: string, command: readonly string[], tty: TerminalSize | null): Promise<ExecSession>;
  /** Runs a command without input; output is dropped. Returns its exit code. */
  execExitCode(id: string, command: readonly string[], signal: AbortSignal): Promise<number>;
}
