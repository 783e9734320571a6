/** What the secrets of backups are, for those who look at secrets or set them. Pure. */
import { s3AccessKeyName, s3SecretKeyName, sftpKeyName } from "../plan/secret-names.ts";

const targetKeys = new Set([s3AccessKeyName, s3SecretKeyName, sftpKeyName]);

export interface BackupSecret {
  /** Why it is not rotated, as a phrase. */
  note: string;
  /** Whether another value does no harm. */
  isReplaceable: boolean;
}

/** null: it is none of them. */
export function backupSecret(name: string): BackupSecret | null {
  if (targetKeys.has(name)) return { note: "a person gives it: `berth secret set`", isReplaceable: true };
  const [, owner, key] = /^backup-([a-z][a-z0-9-]*)\/(.+)$/.exec(name) ?? [];
  if (owner === undefined || key === undefined) return null;
  if (key === "password") return { note: `the backups of ${owner} are encrypted with it`, isReplaceable: false };
  return key.includes("-") ? { note: `backups of ${owner} can only be read with it`, isReplaceable: false } : null;
}
