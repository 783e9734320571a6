/** What rules look at: all of it is with the controller already, and no agent is asked. */
import type { Status } from "@berth/shared/api/status";
import type { FileSystem } from "@berth/shared/protocol/disks";
import type { Fleet } from "@berth/shared/fleet/schema";
import type { CertificateEnd } from "../prometheus/snapshot.ts";
import type { BackupStatus } from "../status/status.ts";
import type { NodeReading, Restarts } from "./readings.ts";
import type { Point } from "./trend.ts";

/** Whether a receiver takes what is sent. */
export interface ReceiverStanding {
  receiver: string;
  /** null: it does, as far as anybody knows. */
  error: string | null;
}

export interface AlertView {
  /** Milliseconds since the epoch. */
  now: number;
  status: Status;
  tenants: Fleet["tenants"];
  services: Fleet["services"];
  /** Tenants by their nodes: each finding asks. */
  nodeOwners: ReadonlyMap<string, string>;
  /** Instances that a run is at, or has yet to come to. */
  atWork: ReadonlySet<string>;
  /** By node; those that are missing were not heard of lately. */
  means: ReadonlyMap<string, NodeReading>;
  /** How full a disk of the node was, by its mount point. */
  disk: (node: string, mountpoint: string) => readonly Point[];
  /** null: the node has not told any yet, or cannot. */
  fileSystems: (node: string) => readonly FileSystem[] | null;
  restarts: (node: string, container: string, seconds: number) => Restarts | null;
  /** Whether the kernel ended a process in it for want of memory; null: it has not been watched for so long. */
  outOfMemory: (node: string, container: string, seconds: number) => boolean | null;
  /** null: the fleet has none. */
  backups: BackupStatus | null;
  certificates: readonly CertificateEnd[];
  receivers: readonly ReceiverStanding[];
}
