/** Names of secrets: `<whose>/<what>`. */
import { instanceName } from "@berth/shared/names";

/** Secret of an instance's database role. */
export function databaseSecretName(instance: string): string {
  return `${instance}/database`;
}

/** Token with which an instance reaches its collections. */
export function collectionsSecretName(instance: string): string {
  return `${instance}/collectionsToken`;
}

/** Secret key with which an owner reaches its buckets. */
export function bucketsSecretName(owner: string): string {
  return `${owner}/bucketsSecretKey`;
}

/** Key that a person gives a tenant: user1/openrouterKey. */
export function keySecretName(tenant: string, key: string): string {
  return `${tenant}/${key}Key`;
}

export const collectionsKeySecret = `${instanceName(null, "qdrant")}/apiKey`;

/** With which the metrics are read, and nothing else: by Prometheus. No instance is named `berth-prometheus`. */
export const metricsTokenName = "berth-prometheus/token";

/** Password of an owner's backup repository. Like all of `backup-<owner>`, it outlives the owner. */
export function repositoryPasswordName(owner: string): string {
  return `${backupScope(owner)}/password`;
}

/** Copy of a secret that an owner's backups can only be read with: backup-user1/user1-n8n-encryptionKey. */
export function keptSecretName(owner: string, secret: string): string {
  return `${backupScope(owner)}/${secret.replace("/", "-")}`;
}

function backupScope(owner: string): string {
  return `backup-${owner}`;
}

/** Keys of the S3 store that backups are kept in; a person gives them. */
export const s3AccessKeyName = "backup/s3AccessKey";
export const s3SecretKeyName = "backup/s3SecretKey";

/** Private key of the user at the SFTP server that backups are kept on; a person gives it. */
export const sftpKeyName = "backup/sftpKey";
