/** Secrets for people: which there are, what they are, and values that come from elsewhere. Every look at a value is recorded. */
import type { EventKind } from "@berth/shared/api/events";
import type { Run } from "@berth/shared/api/runs";
import type { SecretStatus } from "@berth/shared/api/secrets";
import { tenantKeySchema } from "@berth/shared/api/tenants";
import { BerthError } from "@berth/shared/errors";
import type { Catalog } from "@berth/shared/catalog/schema";
import type { Fleet } from "@berth/shared/fleet/schema";
import { Secret } from "@berth/shared/secret";
import type { FleetStore } from "../apply/fleet-store.ts";
import { checkAlertSecret, isAlertSecret } from "../alerts/secret-rules.ts";
import { backupSecret } from "../backups/secret-rules.ts";
import type { Inventory } from "../inventory/database.ts";
import { recordEvent } from "../inventory/events.ts";
import type { Desired } from "../plan/desired.ts";
import { ownersOf } from "../plan/owners.ts";
import { databaseSecretName, keySecretName, sftpKeyName } from "../plan/secret-names.ts";
import type { FleetPlan } from "../plan/plan.ts";
import { checkRemoteWriteSecret, isRemoteWriteSecret } from "../prometheus/secret-rules.ts";
import { parsePrivateKey } from "../provision/ssh/key.ts";
import { checkName, type Secrets } from "../secrets/open.ts";
import { refuseUnknownName } from "./known-names.ts";
import type { Rotation } from "./rotation.ts";
import { scopeOf } from "./secret-uses.ts";

export interface SecretControl {
  /** Of an instance or a tenant; of all when left out. Throws `not-found`. */
  list: (of?: string) => Promise<SecretStatus[]>;
  get: (name: string) => Promise<SecretStatus>;
  reveal: (name: string, account: string) => Promise<{ version: number; value: Secret }>;
  set: (
    name: string,
    value: Secret,
    options: { force: boolean; account: string },
  ) => Promise<{ version: number; changed: boolean; usedBy: string[] }>;
  rotate: (
    target: string,
    options: { dryRun: boolean; account: string },
  ) => Promise<{ plan: FleetPlan; run: Run | null }>;
  /** Gives how many versions of secrets there are. */
  rotateKey: (account: string) => Promise<number>;
}

export interface SecretControlDependencies {
  inventory: Inventory;
  store: FleetStore;
  secrets: Secrets;
  rotation: Rotation;
  desired: (fleet: Fleet) => Desired;
  catalogOf: (fleet: Fleet) => Catalog;
}

export function createSecretControl(dependencies: SecretControlDependencies): SecretControl {
  const { inventory, store, secrets, rotation } = dependencies;

  async function list(): Promise<SecretStatus[]> {
    const uses = new Map((await rotation.uses()).map((use) => [use.name, use]));
    return secrets.list().map((record) => {
      const use = uses.get(record.name);
      const note = use === undefined || use.means !== null ? null : use.refusal;
      return { ...record, usedBy: use?.usedBy ?? [], rotation: use?.means ?? null, note };
    });
  }

  async function tell(kind: EventKind, name: string, message: string, account: string): Promise<void> {
    await recordEvent(inventory.database, { kind, message, data: { secret: name, account } });
  }

  async function checkSet(name: string, value: Secret, force: boolean): Promise<void> {
    checkName(name);
    const fleet = (await store.current())?.fleet;
    const desired = fleet === undefined ? undefined : dependencies.desired(fleet);
    const need = desired?.secrets.find((one) => one.name === name);
    const scope = scopeOf(name);
    if (isAlertSecret(name)) return checkAlertSecret(name, value, fleet);
    if (isRemoteWriteSecret(name)) return checkRemoteWriteSecret(value);
    if (scope.startsWith("berth-")) throw refused(name, "belongs to Berth itself");
    const ofBackups = backupSecret(name);
    if (ofBackups !== null) {
      if (secrets.version(name) === null || ofBackups.isReplaceable || force) return;
      throw refused(name, `has a value already, and ${ofBackups.note}`, "--force replaces it all the same.");
    }
    if (
      fleet?.tenants[scope] !== undefined &&
      tenantKeySchema.options.some((key) => keySecretName(scope, key) === name)
    )
      throw refused(name, "is a key of a tenant", `Give it with \`berth tenant set-key ${scope}\`.`);
    if (fleet !== undefined && desired !== undefined) {
      const names = secrets.list().map((secret) => secret.name);
      refuseUnknownName(name, { desired, catalog: dependencies.catalogOf(fleet), names });
    }
    if (need !== undefined && "token" in need) throw refused(name, "is signed by Berth, not given");
    if (name === databaseSecretName(scope) && /[^A-Za-z0-9._~-]/.test(value.reveal()))
      throw refused(name, "stands in connection strings: it may have letters, digits and ._~- only");
    const isOther = secrets.version(name) !== null && secrets.reveal(name).reveal() !== value.reveal();
    if (need === undefined || !isOther) return;
    if (need.generated.initial === true)
      throw refused(name, "is read when the data are first made alone", `\`berth secret rotate ${name}\` changes it.`);
    if (need.generated.permanent !== undefined && !force)
      throw refused(name, `has a value already, and ${need.generated.permanent}`, "--force replaces it all the same.");
  }

  return {
    async list(of) {
      const all = await list();
      if (of === undefined) return all;
      const fleet = (await store.current())?.fleet;
      // Of an instance, or of a tenant with all its instances.
      const scopes = fleet === undefined ? new Set([of]) : ownersOf(dependencies.desired(fleet), of);
      const found = all.filter(({ name }) => scopes.has(name.slice(0, name.indexOf("/"))));
      if (found.length > 0) return found;
      throw new BerthError("not-found", `No instance or tenant with secrets is named '${of}'`, {
        hint: "`berth secret list` shows all of them.",
      });
    },
    async get(name) {
      const found = (await list()).find((secret) => secret.name === name);
      if (found !== undefined) return found;
      throw new BerthError("not-found", `There is no secret ${name}`, { hint: "See `berth secret list`." });
    },
    async reveal(name, account) {
      const value = secrets.reveal(name);
      const version = secrets.version(name) ?? 1;
      // First: nobody has seen a value that no event tells of.
      await tell("secret.revealed", name, `${account} looked at the value of ${name} (version ${version})`, account);
      return { version, value };
    },
    async set(name, given, { force, account }) {
      const value = name === sftpKeyName ? usableKey(given) : given;
      await checkSet(name, value, force);
      const before = secrets.version(name);
      const { version } = await secrets.import(name, value);
      const changed = version !== before;
      if (changed) await tell("secret.set", name, `${account} gave ${name} a value (version ${version})`, account);
      const use = (await rotation.uses()).find((one) => one.name === name);
      return { version, changed, usedBy: use?.usedBy ?? [] };
    },
    rotate: async (target, { dryRun, account }) =>
      dryRun ? { plan: await rotation.plan(target), run: null } : rotation.rotate(target, account),
    async rotateKey(account) {
      const count = await secrets.rotateKey();
      const message = `${account} had every secret encrypted with a new key`;
      await recordEvent(inventory.database, { kind: "secret.key-rotated", message, data: { account } });
      return count;
    },
  };
}

function refused(name: string, why: string, hint = "Nothing was changed."): BerthError {
  return new BerthError("conflict", `${name} ${why}`, { hint });
}

const keyHint =
  "Give the whole file, of a key without a passphrase (ssh-keygen -t ed25519 -N '' -f FILE): `berth secret set backup/sftpKey --from-file FILE`";

/** One that cannot be used is refused while the person who has it is there, and not at night by the first backup. */
function usableKey(given: Secret): Secret {
  return new Secret(parsePrivateKey(given, "The value", keyHint).privateKey.reveal().trimEnd());
}
