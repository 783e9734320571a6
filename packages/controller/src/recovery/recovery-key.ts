/**
 * The key that opens the controller's backups. Its private half is a secret of the controller, so that it can be shown
 * again; the owner keeps it as well, for the day when there is no controller.
 */
import { Secret } from "@berth/shared/secret";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import type { Inventory } from "../inventory/database.ts";
import { recordEvent } from "../inventory/events.ts";
import {
  addRecoveryKey,
  markRecoveryKeyShown,
  newestRecoveryKey,
  type RecoveryKeyRecord,
} from "../inventory/recovery.ts";
import type { Secrets } from "../secrets/open.ts";

/** Its versions are those of the key. */
export const recoveryKeySecret = "berth-recovery/key";

export interface RecoveryKeys {
  /** The present one, made at the first call. */
  ensure: () => Promise<RecoveryKeyRecord>;
  /** null: none was needed yet. */
  present: () => Promise<RecoveryKeyRecord | null>;
  identity: (version: number) => Secret;
  /** For a person; recorded. */
  reveal: (account: string, version?: number) => Promise<RecoveryKeyRecord & { identity: Secret }>;
  /** Another one. What was encrypted to the former ones is opened by those alone. */
  rotate: (account: string) => Promise<RecoveryKeyRecord & { identity: Secret }>;
}

export interface RecoveryKeysDependencies {
  inventory: Inventory;
  secrets: Pick<Secrets, "put" | "reveal" | "version">;
}

export function createRecoveryKeys({ inventory, secrets }: RecoveryKeysDependencies): RecoveryKeys {
  const { database } = inventory;
  const identity = (version?: number) => secrets.reveal(recoveryKeySecret, version);

  /** First the secret, then its record: a stop between the two leaves a key that this adds the record of. */
  async function record(version: number): Promise<RecoveryKeyRecord> {
    const recipient = await identityToRecipient(identity(version).reveal());
    await addRecoveryKey(database, { version, recipient });
    const found = await newestRecoveryKey(database);
    if (found === null) throw new Error("The record of the recovery key that was just written is not there");
    return found;
  }

  async function make(): Promise<RecoveryKeyRecord> {
    const { version } = await secrets.put(recoveryKeySecret, new Secret(await generateX25519Identity()));
    return record(version);
  }

  async function ensure(): Promise<RecoveryKeyRecord> {
    const version = secrets.version(recoveryKeySecret);
    return version === null ? make() : record(version);
  }

  async function show(key: RecoveryKeyRecord, version: number, account: string) {
    // First: nobody has seen a key that no event tells of.
    const message = `${account} looked at the recovery key (version ${version})`;
    await recordEvent(database, { kind: "recovery-key.shown", message, data: { version, account } });
    await markRecoveryKeyShown(database, version);
    return { ...key, identity: identity(version) };
  }

  return {
    ensure,
    present: () => newestRecoveryKey(database),
    identity,
    async reveal(account, version) {
      const present = await ensure();
      if (version === undefined || version === present.version) return show(present, present.version, account);
      const recipient = await identityToRecipient(identity(version).reveal());
      return show({ ...present, version, recipient }, version, account);
    },
    async rotate(account) {
      const key = await make();
      const message = `${account} made another recovery key (version ${key.version})`;
      await recordEvent(database, { kind: "recovery-key.rotated", message, data: { version: key.version, account } });
      return show(key, key.version, account);
    },
  };
}
