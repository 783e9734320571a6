/**
 * The secrets of a drill. Its stores have credentials of their own, made when it is dispatched and kept nowhere; the
 * instance has the keys that its data were encrypted with, and its others as they are. References alone are exchanged,
 * never texts that look like one. Pure but for the values.
 */
import type { Backup } from "@berth/shared/api/backups";
import { accessKeyName, instanceName } from "@berth/shared/names";
import {
  bucketsSecretName,
  collectionsKeySecret,
  collectionsSecretName,
  databaseSecretName,
} from "../plan/secret-names.ts";
import { type SecretReference, writeSecretReference } from "../plan/secret-reference.ts";
import { generateSecret } from "../secrets/generate.ts";

export interface DrilledSecrets {
  owner: string;
  subject: string;
  /** Copies of the keys, as the backup names them. */
  kept: Backup["secrets"];
}

/** No tenant's name begins with `berth-`. */
const scope = "berth-drill/";
const objectStore = instanceName(null, "minio");

/** What stands in place of a reference of the planner's. */
export function drillReference({ owner, subject, kept }: DrilledSecrets) {
  const own = (key: string): SecretReference => ({ name: `${scope}${key}`, version: 1 });
  const places = new Map<string, SecretReference | string>([
    [databaseSecretName(subject), own("database")],
    // The throw-away store knows one key, which may do everything in it.
    [collectionsSecretName(subject), own("collections")],
    [collectionsKeySecret, own("collections")],
    [bucketsSecretName(owner), own("buckets")],
    [`${objectStore}/rootUser`, accessKeyName(owner)],
    [`${objectStore}/rootPassword`, own("buckets")],
    ...kept.map(({ secret, copy, version }) => [secret, { name: copy, version }] as const),
  ]);
  return (reference: SecretReference): string => {
    if (!places.has(reference.name) && reference.name.startsWith(`${subject}/`)) return writeSecretReference(reference);
    const place = places.get(reference.name) ?? own(reference.name.replace("/", "-"));
    const { hash } = reference;
    return typeof place === "string"
      ? place
      : writeSecretReference({ ...place, ...(hash === undefined ? {} : { hash }) });
  };
}

/** Gives the values of one dispatch: `reveal` those that Berth keeps. */
export function drillValues(reveal: (reference: SecretReference) => string): (reference: SecretReference) => string {
  const made = new Map<string, string>();
  return (reference) => {
    if (!reference.name.startsWith(scope)) return reveal(reference);
    const value = made.get(reference.name) ?? generateSecret({ length: 32 });
    made.set(reference.name, value);
    return value;
  };
}
