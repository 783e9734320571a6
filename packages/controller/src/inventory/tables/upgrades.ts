/** Instances that were moved to another version, and those that are about to be. Times are ISO 8601 in UTC. */
export interface UpgradeInstancesTable {
  upgrade: string;
  instance: string;
  /** Id of the run's operation that moves it. */
  operation: string;
  node: string;
  service: string;
  fromVersion: string;
  toVersion: string;
  /** JSON: what is copied to go back to. */
  checkpoint: string | null;
  phase: string;
  /** Why its route did not answer even before anything was stopped; null: it did, or there is none. */
  routeBefore: string | null;
  /** null: it is not known yet. */
  outcome: string | null;
  /** Why it went back. */
  reason: string | null;
  startedAt: string;
  /** When the former version was stopped. */
  stoppedAt: string | null;
  /** When one was healthy again. */
  healthyAt: string | null;
  endedAt: string | null;
  gapMilliseconds: number | null;
}
