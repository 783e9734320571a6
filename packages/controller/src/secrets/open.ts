/** Secrets by name and version: generated here, encrypted in the inventory, read from memory. */
import pLimit from "p-limit";
import { BerthError } from "@berth/shared/errors";
import type { Secret } from "@berth/shared/secret";
import type { Inventory } from "../inventory/database.ts";
import {
  deleteSealedSecrets,
  insertSealedSecret,
  listSealedSecrets,
  replaceSealedSecret,
  type SealedSecret,
} from "../inventory/secrets.ts";
import { checkValue } from "./check-value.ts";
import { generateSecret, type SecretRule } from "./generate.ts";
import { keyFileOf, loadSecretKey, readKeyFile, type KeySource } from "./key.ts";
import { prepareKey, rotatableKeyFile, settleKeyFile } from "./key-rotation.ts";
import { createRedactor } from "./redactor.ts";
import { seal, unseal } from "./seal.ts";
import { SecretValues, type SecretRecord } from "./values.ts";

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
  /** Generates exactly that version unless it exists. Throws `conflict` when it is not the next one. */
  rotateTo: (to: SecretVersion, rule?: SecretRule) => Promise<SecretVersion>;
  /** Takes a version back: the one before it is the present one again. Its number is not given a second time. */
  discard: (version: SecretVersion) => Promise<void>;
  /** Stores a value that comes from elsewhere as the next version, unless it is the present one. */
  put: (name: string, value: Secret) => Promise<SecretVersion>;
  /** The same for a value that a person gives. Throws `request.invalid` for one that nobody can have meant. */
  import: (name: string, value: Secret) => Promise<SecretVersion>;
  /** The same as `put` as exactly that version. Throws `conflict` when it is not the next one. */
  putAs: (to: SecretVersion, value: Secret) => Promise<SecretVersion>;
  /** Removes every secret of an instance, all versions; gives how many names went. */
  remove: (instance: string) => Promise<number>;
  /** Encrypts every secret with a key that is new, and makes it the key; gives how many there are. */
  rotateKey: () => Promise<number>;
  /** Does something while the key and what is encrypted with it cannot change. */
  withKey: <T>(work: (key: Buffer) => Promise<T>) => Promise<T>;
  /** Present version; null: there is no such secret. Synchronous: it is read from memory. */
  version: (name: string) => number | null;
  /** The number that the next version will have. Synchronous. */
  nextVersion: (name: string) => number;
  /** Present versions by name. Synchronous. */
  versions: () => ReadonlyMap<string, number>;
  /** Every secret without its value, by name. Synchronous. */
  list: () => SecretRecord[];
  /** The value of that version, the present one when left out. Synchronous. Throws `not-found`. */
  reveal: (name: string, version?: number) => Secret;
  /** Values before the present one, the latest first. Synchronous. */
  earlier: (name: string) => Secret[];
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
/** What stands in place of the value of a version that was taken back. */
const discarded = "";

/** Opens every secret. Throws `secrets.locked` when the key is not the one they were encrypted with. */
export async function openSecrets({ inventory, key: source }: SecretsOptions): Promise<Secrets> {
  const { database } = inventory;
  const rows = await listSealedSecrets(database);
  let key = openKey(source, rows);
  if (rows.length === 0) {
    const { name, version } = keyCheck;
    await insertSealedSecret(database, { name, version, ...seal(key, name, version, keyCheckValue) });
  }
  const values = unsealAll(key, rows);
  const redactor = createRedactor(() => values.all());
  // One change after the other, so that two callers never generate the same version.
  const serialize = pLimit(1);

  async function add(name: string, value: string): Promise<SecretVersion> {
    const version = values.nextVersion(name);
    const { createdAt } = await insertSealedSecret(database, { name, version, ...seal(key, name, version, value) });
    values.add(name, version, value, createdAt);
    redactor.renew();
    return { name, version };
  }

  function addUnlessPresent(name: string, value: Secret): Promise<SecretVersion> {
    const version = values.version(name);
    const same = version !== null && values.reveal(name).reveal() === value.reveal();
    return same ? Promise.resolve({ name, version }) : add(name, value.reveal());
  }

  async function resealAll(next: Buffer): Promise<number> {
    return database.transaction().execute(async (transaction) => {
      const sealed = await listSealedSecrets(transaction);
      for (const row of sealed) {
        const { name, version } = row;
        await replaceSealedSecret(transaction, { name, version, ...seal(next, name, version, unsealRow(key, row)) });
      }
      return sealed.length - 1;
    });
  }

  return {
    ensure: (name, rule) =>
      serialize(async () => {
        checkName(name);
        const version = values.version(name);
        return version === null ? add(name, generateSecret(rule)) : { name, version };
      }),
    rotate: (name, rule) =>
      serialize(async () => {
        checkName(name);
        return add(name, generateSecret(rule));
      }),
    rotateTo: ({ name, version }, rule) =>
      serialize(async () => {
        checkName(name);
        if (values.version(name) === version) return { name, version };
        if (values.nextVersion(name) === version) return add(name, generateSecret(rule));
        throw takenVersion(name, version, "Rotate it anew.");
      }),
    discard: ({ name, version }) =>
      serialize(async () => {
        if (values.version(name) !== version) return;
        const row = { name, version, ...seal(key, name, version, discarded) };
        const { createdAt } = await replaceSealedSecret(database, row);
        values.add(name, version, discarded, createdAt);
        redactor.renew();
      }),
    put: (name, value) =>
      serialize(async () => {
        checkName(name);
        return addUnlessPresent(name, value);
      }),
    putAs: ({ name, version }, value) =>
      serialize(async () => {
        checkName(name);
        if (values.version(name) === version && values.reveal(name).reveal() === value.reveal())
          return { name, version };
        if (values.nextVersion(name) === version) return add(name, value.reveal());
        throw takenVersion(name, version, "Begin anew what was to give it this value.");
      }),
    import: (name, value) =>
      serialize(async () => {
        checkName(name);
        checkValue(value.reveal());
        return addUnlessPresent(name, value);
      }),
    remove: (instance) =>
      serialize(async () => {
        const names = values.names().filter((name) => name.startsWith(`${instance}/`));
        await database.transaction().execute((transaction) => deleteSealedSecrets(transaction, names));
        for (const name of names) values.remove(name);
        redactor.renew();
        return names.length;
      }),
    rotateKey: () =>
      serialize(async () => {
        const file = rotatableKeyFile(source);
        const next = prepareKey(file);
        try {
          return await resealAll(next);
        } finally {
          // Also after a failure, which may have come after the commit: the secrets tell which key they have.
          const sealed = await listSealedSecrets(database);
          settleKeyFile(file, (candidate) => opens(candidate, sealed));
          key = readKeyFile(file);
        }
      }),
    withKey: (work) => serialize(() => work(key)),
    version: (name) => values.version(name),
    nextVersion: (name) => values.nextVersion(name),
    versions: () => new Map(values.list().map(({ name, version }) => [name, version])),
    list: () => values.list(),
    reveal: (name, version) => values.reveal(name, version),
    earlier: (name) => values.earlier(name),
    redact: redactor.redact,
  };
}

function openKey(source: Buffer | KeySource, rows: readonly SealedSecret[]): Buffer {
  if (Buffer.isBuffer(source)) return source;
  if (source.environment?.BERTH_SECRET_KEY === undefined && rows.length > 0)
    settleKeyFile(keyFileOf(source), (candidate) => opens(candidate, rows));
  return loadSecretKey({ ...source, mayMake: rows.length === 0 });
}

function opens(key: Buffer, rows: readonly SealedSecret[]): boolean {
  const row = rows.find(({ name }) => name === keyCheck.name);
  if (row === undefined) return false;
  try {
    return unseal(key, row.name, row.version, row) === keyCheckValue;
  } catch {
    return false; // authenticated encryption: another key is told by this alone
  }
}

function unsealAll(key: Buffer, rows: readonly SealedSecret[]): SecretValues {
  const values = new SecretValues();
  for (const row of rows) {
    const value = unsealRow(key, row);
    if (row.name !== keyCheck.name) values.add(row.name, row.version, value, row.createdAt);
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

function takenVersion(name: string, version: number, hint: string): BerthError {
  return new BerthError("conflict", `The secret ${name} has had a version ${version} already`, { hint });
}

/** Throws `request.invalid` for what no secret can be named. */
export function checkName(name: string): void {
  if (namePattern.test(name) && name !== keyCheck.name) return;
  throw new BerthError("request.invalid", `'${name}' is not the name of a secret`, {
    hint: "Names are <instance>/<secret>, such as user1-n8n/encryptionKey.",
  });
}
