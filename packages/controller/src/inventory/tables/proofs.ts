/** Of each subject of each backup, the last proof that it comes back. They outlive the backup. */
export interface ProofsTable {
  backup: string;
  subject: string;
  owner: string;
  /** ISO 8601 in UTC. */
  at: string;
  run: number;
  by: string;
  level: string;
  version: string | null;
  /** JSON. */
  parts: string;
  seconds: number | null;
  memoryBytes: number | null;
}
