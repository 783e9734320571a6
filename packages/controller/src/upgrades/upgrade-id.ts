import { randomBytes } from "node:crypto";
import { backupId } from "../backups/backup-id.ts";

/** Id of an upgrade of the service that begins now: n8n-20261129-121500-3f2a. */
export function upgradeId(service: string): string {
  return backupId(service, new Date(), randomBytes(2).toString("hex"));
}
