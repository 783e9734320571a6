/** Secrets by name and version: generated here, encrypted in the inventory, read from memory. */
import pLimit from "p-limit";
import { BerthError } from "@berth/shared/errors";
import { Secret } from "@berth/shared/secret";
import type { Inventory } from "../inventory/database.ts";
import { deleteSealedSecrets, insertSealedSecret, listSealedSecrets, type SealedSecret } from "../inventory/secrets.ts";
import { generateSecret, type SecretRule } from "./generate.ts";
import { loadSecretKey, type KeySource } from "./key.ts";
import { createRedactor } from "./redactor.ts";
import { seal, unseal } from "./seal.ts";

export interface SecretVersion {
  name: string;
  version: number;
}

/** Names are `<instance>/<secret>`: `user1-n8n/encryptionKey`, `shared-postgres/superuserPassword`. */
export interface Secrets {
  /** Generates the secret unless it exists; gives its present version. */
  ensure: (name: string, rule?: SecretRule) => Promise<SecretVersion>;
  /** Generates the next version. Older ones stay, for what still uses them. */
  rotate: (name: string, rule?: SecretRule) => Promise<SecretVersion>;
  /** Stores a value that comes from elsewhere as the next version, unless it is the present one. */
  put: (name: string, value: Secret) => Promise<SecretVersion>;
  /** Removes every secret of an instance, all versions; gives how many names went. */
  remove: (instance: string) => Promise<number>;
  /** Present version; null: there is no such secret. Synchronous: it is read from memory. */
  version: (name: string) => number | null;
  /** Present versions by name. Synchronous. */
  versions: () => ReadonlyMap<string, number>;
  /** The value of that version, the present one when left out. Synchronous. Throws `not-found`. */
  reveal: (name: string, version?: number) => Secret;
  /** The text with every known value taken out. Synchronous. */
  redact: (text: string) => string;
}

export interface SecretsOptions {
  inventory: Inventory;
  /** The key (32 bytes), or where to find it; its file is made when there are no secrets yet. */
  key: Buffer | KeySource;
}

/** A row that only the right key opens. No instance is named `berth`. */
const keyCheck = { name: "berth/keyCheck", version: 1 } as const;
const keyCheckValue = "the key is right";
const namePattern = /^[a-z0-9-]+\/[A-Za-z0-9-]+$/;

/** Opens every secret. Throws `secrets.locked` when the key is not the one they were encrypted with. */
export async function openSecrets({ inventory, key: source }: SecretsOptions): Promise<Secrets> {
  const { database } = inventory;
  const rows = await listSealedSecrets(database);
  const key = Buffer.isBuffer(source) ? source : loadSecretKey({ ...source, mayMake: rows.length === 0 });
  if (rows.length === 0) {
    const { name, version } = keyCheck;
    await insertSealedSecret(database, { name, version, ...seal(key, name, version, keyCheckValue) });
  }
  const values = unsealAll(key, rows);
  const redactor = createRedactor(() => allSecrets(values));
  // One change after the other, so that two callers never generate the same version.
  const serialize = pLimit(1);

  async function add(name: string, value: string): Promise<SecretVersion> {
    const version = (currentVersion(values, name) ?? 0) + 1;
    await insertSealedSecret(database, { name, version, ...seal(key, name, version, value) });
    remember(values, name, version, value);
    redactor.renew();
    return { name, version };
  }

  return {
    ensure: (name, rule) =>
      serialize(async () => {
        checkName(name);
        const version = currentVersion(values, name);
        return version === null ? add(name, generateSecret(rule)) : { name, version };
      }),
    rotate: (name, rule) =>
      serialize(async () => {
        checkName(name);
        return add(name, generateSecret(rule));
      }),
    put: (name, value) =>
      serialize(async () => {
        checkName(name);
        const version = currentVersion(values, name);
        const same = version !== null && values.get(name)?.get(version)?.reveal() === value.reveal();
        return same ? { name, version } : add(name, value.reveal());
      }),
    remove: (instance) =>
      serialize(async () => {
        const names = [...values.keys()].filter((name) => name.startsWith(`${instance}/`));
        await database.transaction().execute((transaction) => deleteSealedSecrets(transaction, names));
        for (const name of names) values.delete(name);
        redactor.renew();
        return names.length;
      }),
    version: (name) => currentVersion(values, name),
    versions: () => new Map([...values.keys()].map((name) => [name, currentVersion(values, name) ?? 0])),
    reveal: (name, version) => reveal(values, name, version),
    redact: redactor.redact,
  };
}

/** By name, then by version in ascending order. */
type Values = Map<string, Map<number, Secret>>;

function unsealAll(key: Buffer, rows: readonly SealedSecret[]): Values {
  const values: Values = new Map();
  for (const row of rows) {
    const value = unsealRow(key, row);
    if (row.name !== keyCheck.name) remember(values, row.name, row.version, value);
  }
  return values;
}

function unsealRow(key: Buffer, row: SealedSecret): string {
  try {
    return unseal(key, row.name, row.version, row);
  } catch (error) {
    if (row.name === keyCheck.name) {
      throw new BerthError(
        "secrets.locked",
        "The key is not the one with which this inventory's secrets were encrypted",
        {
          cause: error,
          hint: "Put back the key file that belongs to this inventory, or set BERTH_SECRET_KEY to its key.",
        },
      );
    }
    throw new BerthError(
      "secrets.locked",
      `The secret ${row.name} (version ${row.version}) was altered and cannot be opened`,
      {
        cause: error,
        hint: "Put back a copy of the inventory from the backups directory.",
      },
    );
  }
}

function remember(values: Values, name: string, version: number, value: string): void {
  const versions = values.get(name) ?? new Map<number, Secret>();
  values.set(name, versions.set(version, new Secret(value)));
}

function currentVersion(values: Values, name: string): number | null {
  return [...(values.get(name)?.keys() ?? [])].at(-1) ?? null;
}

function reveal(values: Values, name: string, version = currentVersion(values, name)): Secret {
  const secret = version === null ? undefined : values.get(name)?.get(version);
  if (secret !== undefined) return secret;
  const which = version === null ? "" : ` in version ${version}`;
  throw new BerthError("not-found", `There is no secret ${name}${which}`, {
    hint: "It is generated when its instance is applied.",
  });
}

function* allSecrets(values: Values): Generator<Secret> {
  for (const versions of values.values()) yield* versions.values();
}

function checkName(name: string): void {
  if (namePattern.test(name) && name !== keyCheck.name) return;
  throw new BerthError("request.invalid", `'${name}' is not the name of a secret`, {
    hint: "Names are <instance>/<secret>, such as user1-n8n/encryptionKey.",
  });
}
