/** Ids of backups say what each is of and when it was begun: `user1-n8n-20261124-020000-3f2a`. Pure. */

const ending = /-\d{8}-\d{6}-[0-9a-f]{4}$/;

/** `nonce`: four hexadecimal digits that keep two backups of one second apart. */
export function backupId(subject: string, at: Date, nonce: string): string {
  const [day = "", time = ""] = at.toISOString().replaceAll(/[-:]/g, "").split(/[T.]/);
  return `${subject}-${day}-${time}-${nonce}`;
}

/** What the backup is of: an owner as a whole, or one instance. */
export function subjectOf(id: string): string {
  return id.replace(ending, "");
}
