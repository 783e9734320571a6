/**
 * Data that an instance has encrypted are worth nothing without its key. So its backups keep a copy of each such secret
 * among the secrets of its repository, which outlive the instance.
 */
import type { KeptSecret } from "@berth/shared/api/backups";
import type { InstanceSpec } from "@berth/shared/operations/instance-spec";
import type { Desired } from "../plan/desired.ts";
import { keptSecretName } from "../plan/secret-names.ts";
import { secretReferences } from "../plan/secret-reference.ts";
import type { Secrets } from "../secrets/open.ts";
import type { BackupSubject } from "./subjects.ts";

type Owned = Pick<BackupSubject, "owner" | "subject">;

/** Copies what the subjects' data can only be read with. Idempotent. */
export async function keepSecrets(
  subjects: readonly Owned[],
  desired: Pick<Desired, "secrets">,
  secrets: Pick<Secrets, "put" | "reveal" | "version">,
): Promise<void> {
  for (const { owner, subject } of subjects) {
    for (const need of desired.secrets) {
      const encryptsData = "generated" in need && need.generated.permanent !== undefined;
      if (!encryptsData || !need.name.startsWith(`${subject}/`) || secrets.version(need.name) === null) continue;
      await secrets.put(keptSecretName(owner, need.name), secrets.reveal(need.name));
    }
  }
}

/** The present copies of a subject's secrets. */
export function keptSecrets({ owner, subject }: Owned, secrets: Pick<Secrets, "list">): KeptSecret[] {
  return secrets.list().flatMap(({ name, version }) => {
    const key = name.slice(name.lastIndexOf("-") + 1);
    const secret = `${subject}/${key}`;
    return keptSecretName(owner, secret) === name ? [{ secret, copy: name, version }] : [];
  });
}

/** How an instance comes to have the secrets of its restored data. */
export interface Adoption {
  name: string;
  /** The version that it gets. */
  version: number;
  copy: string;
  copyVersion: number;
}

/** Those of a subject's secrets that are not what they are in the backup. `to`: what the subject is called now. */
export function adoptions(
  { from, to }: { from: string; to: string },
  kept: readonly KeptSecret[],
  secrets: Pick<Secrets, "reveal" | "version" | "nextVersion">,
): Adoption[] {
  return keptOf(from, kept).flatMap(({ secret, copy, version: copyVersion }) => {
    const name = renamedSecret(secret, { from, to });
    const value = secrets.reveal(copy, copyVersion).reveal();
    if (secrets.version(name) !== null && secrets.reveal(name).reveal() === value) return [];
    return [{ name, version: secrets.nextVersion(name), copy, copyVersion }];
  });
}

export function keptOf(subject: string, kept: readonly KeptSecret[]): KeptSecret[] {
  return kept.filter(({ secret }) => secret.startsWith(`${subject}/`));
}

/** `user1-n8n/encryptionKey` as user9 has it. */
export function renamedSecret(secret: string, { from, to }: { from: string; to: string }): string {
  return `${to}${secret.slice(from.length)}`;
}

/**
 * Whether what runs refers to the very versions. What is not known to run refers to none: an earlier restore may have
 * been cut off between the data and the instance, and only starting it tells. Pure.
 */
export function runsWith(running: InstanceSpec | null, versions: ReadonlyMap<string, number>): boolean {
  if (running === null) return false;
  return secretReferences(JSON.stringify(running)).every(
    ({ name, version }) => (versions.get(name) ?? version) === version,
  );
}
