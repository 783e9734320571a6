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
