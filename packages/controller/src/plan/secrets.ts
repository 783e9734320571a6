/** Which secrets the fleet's instances have, and how each is made. Pure: values never come here. */
import type { GeneratedSecret, Service } from "@berth/shared/catalog/schema";
import { readsMetrics } from "@berth/shared/catalog/placeholders";
import type { Placement } from "@berth/shared/fleet/instances";
import { collectionsClaims } from "@berth/shared/operations/collections-claims";
import { bucketsOwner, type PlacementNeeds } from "./desired-needs.ts";
import {
  bucketsSecretName,
  collectionsKeySecret,
  collectionsSecretName,
  databaseSecretName,
  metricsTokenName,
} from "./secret-names.ts";

/** A token's key is a secret, too, by its full name. */
export interface TokenRule {
  signedWith: string;
  claims: Record<string, unknown>;
}

export type SecretNeed = { name: string } & ({ generated: GeneratedSecret } | { token: TokenRule });

const password: GeneratedSecret = { length: 32, alphabet: "alphanumeric" };

/** A token by which a program reads one thing of the controller and no other. */
export const readerTokenRule: GeneratedSecret = { length: 48, alphabet: "alphanumeric" };

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
  if (readsMetrics(placement.service)) secrets.push({ name: metricsTokenName, generated: readerTokenRule });
  return secrets;
}

function serviceSecrets(service: Service, instance: string): SecretNeed[] {
  return Object.entries(service.secrets).map(([key, rule]): SecretNeed => {
    const name = `${instance}/${key}`;
    if (!("token" in rule)) return { name, generated: rule };
    return { name, token: { signedWith: `${instance}/${rule.token.signedWith}`, claims: rule.token.claims } };
  });
}
