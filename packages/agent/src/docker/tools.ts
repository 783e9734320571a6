/** Programs of Berth's own, each run in a container that is gone when it has ended; and the volumes they work on. */
import type { Writable } from "node:stream";

export interface ToolMount {
  /** A volume by its name, or a directory of the node. */
  source: { volume: string } | { directory: string };
  path: string;
  readOnly: boolean;
}

export interface ToolSpec {
  /** What it does, as its label and in errors: "restic backup". */
  name: string;
  /** It has a shell. */
  image: string;
  /** Program and arguments. Everybody on the node can read them: no secrets. */
  argv: readonly [string, ...string[]];
  env: Readonly<Record<string, string>>;
  /** Absolute paths and contents; root's. Everybody in the container may read one without a mode of its own. */
  files: readonly { path: string; content: string; mode?: number }[];
  mounts: readonly ToolMount[];
  memoryBytes: number;
  /** How long it may take to end in order when it is interrupted. */
  graceSeconds: number;
}

/** A program under way. Its stdout must be read. */
export interface Tool {
  /** A program that is cut off reads an end like any other: interrupt it before this is destroyed. */
  readonly stdin: Writable;
  /** As it comes, no faster than it is read, and whole however slowly that is. */
  readonly stdout: AsyncIterable<Buffer>;
  /** The last of what it has said, at most 16 KiB. */
  readonly stderr: string;
  /** Once it has ended. */
  exitCode(): Promise<number>;
  /** Interrupts it if need be, and removes its container. */
  remove(): Promise<void>;
}

export interface ToolEngine {
  /** Makes the container, and starts it with its streams attached. */
  start(spec: ToolSpec): Promise<Tool>;
  /** Interrupts the tools that an agent before this one has left, and removes their containers. */
  removeLeftovers(): Promise<void>;
  /** Where the volume's files are on the node; null when there is no such volume. */
  volumeDirectory(volume: string): Promise<string | null>;
  /** `instance`: whose volume it is; null: Berth's own. No error when it is there. */
  createVolume(volume: string, instance: string | null): Promise<void>;
  /** No error when it is gone already. */
  removeVolume(volume: string): Promise<void>;
}

/** Of the volumes alone. */
export type Volumes = Pick<ToolEngine, "volumeDirectory" | "createVolume" | "removeVolume">;

export interface ListedVolume {
  name: string;
  /** Where its files are on the node. */
  directory: string;
  /** null: of no instance. */
  instance: string | null;
}

export interface VolumeList {
  /** All whose files are below Docker's own directory. Docker is not asked for their sizes: it would measure them all. */
  listVolumes(): Promise<ListedVolume[]>;
}
