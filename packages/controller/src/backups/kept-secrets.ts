/**
 * Data that an instance has encrypted are worth nothing without its key. So its backups keep a copy of each such secret
 * among the secrets of its repository, which outlive the instance.
 */
import type { KeptSecret } from "@berth/shared/api/backups";
import type { Desired } from "../plan/desired.ts";
import { keptSecretName } from "../plan/secret-names.ts";
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

/** Those of a subject that are not what they are now: what was backed up cannot be read with the present ones. */
export function changedSecrets(
  subject: string,
  kept: readonly KeptSecret[],
  secrets: Pick<Secrets, "reveal" | "version">,
): KeptSecret[] {
  return kept
    .filter(({ secret }) => secret.startsWith(`${subject}/`))
    .filter(({ secret, copy, version }) => {
      if (secrets.version(secret) === null) return true;
      return secrets.reveal(secret).reveal() !== secrets.reveal(copy, version).reveal();
    });
}
