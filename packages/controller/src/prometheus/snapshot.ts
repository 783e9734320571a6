/** What one scrape looks at: all of it is with the controller already, and no agent is asked. */
import type { NodeDisks } from "@berth/shared/api/disks";
import type { LiveSamples } from "@berth/shared/api/live";
import type { Status } from "@berth/shared/api/status";
import type { RunTally } from "../inventory/runs.ts";
import type { BackupStatus } from "../status/status.ts";
import type { StoreUsage } from "../usage/usage.ts";

export interface CertificateEnd {
  certificate: "agent" | "server" | "authority";
  /** null: the controller's own. */
  node: string | null;
  /** Milliseconds since the epoch. */
  notAfter: number;
}

export interface Snapshot {
  /** Of the controller. */
  version: string;
  status: Status;
  /** Of the last `freshSeconds`. */
  samples: readonly LiveSamples[];
  /** As agents told them last. */
  disks: readonly NodeDisks[];
  runs: readonly RunTally[];
  /** null: the fleet has none. */
  backups: BackupStatus | null;
  certificates: readonly CertificateEnd[];
  /** null: the stores were not read yet. */
  usage: StoreUsage | null;
}

/** What is older says nothing of now. While nobody looks, an agent sends every five seconds. */
export const freshSeconds = 15;
