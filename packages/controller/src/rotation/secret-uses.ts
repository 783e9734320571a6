/** What each secret of a fleet is for, and whether and how it can be rotated. Pure. */
import type { GeneratedSecret } from "@berth/shared/catalog/schema";
import { isAlertSecret } from "../alerts/secret-rules.ts";
import { backupSecret } from "../backups/secret-rules.ts";
import type { Desired } from "../plan/desired.ts";
import { secretReferences } from "../plan/secret-reference.ts";
import { bucketsSecretName, databaseSecretName, metricsTokenName } from "../plan/secret-names.ts";
import { isRemoteWriteSecret } from "../prometheus/secret-rules.ts";
import { readerTokenRule, type SecretNeed } from "../plan/secrets.ts";
import { routesTokenName } from "../routes/token.ts";

/**
 * `login`: the instance moves to another login of its database. `superuser`: PostgreSQL gets the new password, and no
 * container is touched. `replace`: the instance is replaced by one with the new value, which nobody else knows. `router`,
 * `scraper`: the controller takes the new value and for some days the former one. Instances that have it are replaced; a
 * person gives it to a router or a Prometheus beside the fleet.
 */
export type RotationMeans = "login" | "superuser" | "replace" | ReaderMeans;
type ReaderMeans = "router" | "scraper";

/** Tokens of programs that read from the controller. */
const readers: ReadonlyMap<string, ReaderMeans> = new Map([
  [routesTokenName, "router"],
  [metricsTokenName, "scraper"],
]);

export type SecretUse = { name: string; usedBy: string[] } &
  /** `instance` is whose it is; of a reader's token, a name of Berth's own: `berth-routes`. */
  ({ means: RotationMeans; instance: string; rule: GeneratedSecret } | { means: null; refusal: string });

/** Of every secret that the fleet has, and of those in `others` that it no longer has. Sorted by name. */
export function secretUses(desired: Desired, others: Iterable<string> = []): SecretUse[] {
  const users = usersOf(desired);
  const needs = new Map(desired.secrets.map((need) => [need.name, need]));
  return [...new Set([...needs.keys(), ...users.keys(), ...others])]
    .toSorted()
    .map((name) => secretUse(name, users.get(name) ?? [], needs.get(name), desired));
}

/** Instances by the secrets that their containers refer to. */
function usersOf({ instances }: Desired): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const { spec } of instances) {
    const names = new Set(secretReferences(JSON.stringify(spec.containers)).map(({ name }) => name));
    for (const name of names) users.set(name, [...(users.get(name) ?? []), spec.instance]);
  }
  return users;
}

function secretUse(name: string, usedBy: string[], need: SecretNeed | undefined, desired: Desired): SecretUse {
  const refused = (refusal: string): SecretUse => ({ name, usedBy, means: null, refusal });
  const reader = readers.get(name);
  if (reader !== undefined) return { name, usedBy, means: reader, instance: scopeOf(name), rule: readerTokenRule };
  if (isAlertSecret(name) || isRemoteWriteSecret(name)) return refused(givenAsSecret);
  const ofBackups = backupSecret(name);
  if (ofBackups !== null) return refused(ofBackups.note);
  if (need === undefined) return refused(usedBy.length > 0 ? given : unused);
  if ("token" in need) return refused("it is signed anew whenever its key or what it admits to changes");
  const rule = need.generated;
  const [instance] = usedBy;
  const refusal = rule.permanent ?? sharedRefusal(name, usedBy, desired);
  if (refusal !== undefined) return refused(refusal);
  if (instance === undefined) return refused(unused);
  const means = meansOf(name, instance, rule, desired);
  return means === undefined ? refused(initial) : { name, usedBy, means, instance, rule };
}

/** Whether the secret is a token that a program shows to the controller: no instance and no store has a part in it. */
export function isReadersToken(means: RotationMeans | null): means is ReaderMeans {
  return means === "router" || means === "scraper";
}

export function isReadersTokenName(name: string): boolean {
  return readers.has(name);
}

/** Whose a secret is. */
export function scopeOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf("/")));
}

const givenAsSecret = "a person gives it: `berth secret set`";
const given = "a person gives it: `berth tenant set-key`";
const unused = "no running instance uses it";
const initial = "it is read when the data are first made alone";

function meansOf(name: string, instance: string, rule: GeneratedSecret, desired: Desired): RotationMeans | undefined {
  if (name === databaseSecretName(instance)) return "login";
  if (rule.initial === undefined) return "replace";
  const service = desired.instances.find(({ spec }) => spec.instance === instance)?.spec.service;
  return service === "postgres" ? "superuser" : undefined;
}

/** Why a secret cannot change at one moment everywhere. */
function sharedRefusal(name: string, usedBy: readonly string[], { secrets, needs }: Desired): string | undefined {
  if (secrets.some((need) => "token" in need && need.token.signedWith === name))
    return "tokens that others hold are signed with it";
  if (needs.some(({ kind, target }) => kind === "buckets.ensure" && bucketsSecretName(target) === name))
    return "the object store knows one secret of an access key at a time";
  if (usedBy.length > 1) return `${usedBy.join(", ")} use it, and know one value at a time`;
  return undefined;
}
