/** The controller's own backups, the keys that open them, and what it was rebuilt from. Times are ISO 8601 in UTC. */
export interface ControllerBackupsTable {
  id: string;
  createdAt: string;
  endedAt: string | null;
  state: string;
  reason: string;
  /** Version of the recovery key that opens it; null: found at the target, made by the controller before this one. */
  keyVersion: number | null;
  bytes: number | null;
  error: string | null;
}

/** The key itself is a secret; this says who is to open what with which. */
export interface RecoveryKeysTable {
  version: number;
  recipient: string;
  createdAt: string;
  shownAt: string | null;
}

export interface RebuildsTable {
  backup: string;
  backedUpAt: string;
  rebuiltAt: string;
}
