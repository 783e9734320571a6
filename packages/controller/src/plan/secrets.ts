/** Which secrets the fleet's instances have, and how each is made. Pure: values never come here. */
import type { GeneratedSecret, Service } from "@berth/shared/catalog/schema";
import type { Placement } from "@berth/shared/fleet/instances";
import { instanceName } from "@berth/shared/names";
import { collectionsClaims } from "@berth/shared/operations/collections-claims";
import { bucketsOwner, type PlacementNeeds } from "./desired-needs.ts";

/** A token's key is a secret, too, by its full name. */
export interface TokenRule {
  signedWith: string;
  claims: Record<string, unknown>;
}

export type SecretNeed = { name: string } & ({ generated: GeneratedSecret } | { token: TokenRule });

const password: GeneratedSecret = { length: 32, alphabet: "alphanumeric" };

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

export function secretNeeds(placement: Placement, needs: PlacementNeeds): SecretNeed[] {
  const { instance } = placement;
  const secrets = serviceSecrets(placement.service, instance);
  if (needs.database !== null) secrets.push({ name: databaseSecretName(instance), generated: password });
  if (needs.collections !== null) {
    const token = { signedWith: collectionsKeySecret, claims: collectionsClaims(needs.collections) };
    secrets.push({ name: collectionsSecretName(instance), token });
  }
  if (needs.buckets.length > 0 || placement.tenant !== null) {
    secrets.push({ name: bucketsSecretName(bucketsOwner(placement)), generated: { ...password, length: 40 } });
  }
  return secrets;
}

function serviceSecrets(service: Service, instance: string): SecretNeed[] {
  return Object.entries(service.secrets).map(([key, rule]): SecretNeed => {
    const name = `${instance}/${key}`;
    if (!("token" in rule)) return { name, generated: rule };
    return { name, token: { signedWith: `${instance}/${rule.token.signedWith}`, claims: rule.token.claims } };
  });
}
