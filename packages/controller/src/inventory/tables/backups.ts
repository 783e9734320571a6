/** Backups that were begun. Times are ISO 8601 in UTC, JSON is text. */
export interface BackupsTable {
  id: string;
  owner: string;
  /** The owner, or one of its instances. */
  subject: string;
  run: number;
  createdAt: string;
  state: string;
  reason: string;
  /** Of its repository, as restic takes it; null: made before this was recorded. */
  location: string | null;
  parts: string;
  secrets: string;
  verifiedAt: string | null;
  provenAt: string | null;
}
