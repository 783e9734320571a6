/** Where the key comes from that encrypts the secrets: 32 bytes, in the environment or in a file of mode 0600. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { BerthError } from "@berth/shared/errors";
import { makeFile } from "./durable-file.ts";

const keyBytes = 32;
const keyFileName = "secret.key";

export interface KeySource {
  /** Directory in which a key file is made when the environment names none. */
  stateDirectory: string;
  /** BERTH_SECRET_KEY: the key itself, 64 hex digits or base64. BERTH_SECRET_KEY_FILE: a file that holds it. */
  environment?: { BERTH_SECRET_KEY?: string | undefined; BERTH_SECRET_KEY_FILE?: string | undefined };
  /** Whether a missing key file may be made: not when there are secrets, which a new key would not open. */
  mayMake?: boolean;
}

/** Reads the key, making its file at first start. Throws `secrets.locked` when it is missing, malformed or not private. */
export function loadSecretKey({ stateDirectory, environment = {}, mayMake = true }: KeySource): Buffer {
  if (environment.BERTH_SECRET_KEY !== undefined) return parseKey(environment.BERTH_SECRET_KEY, "BERTH_SECRET_KEY");
  const file = keyFileOf({ stateDirectory, environment });
  if (mayMake && environment.BERTH_SECRET_KEY_FILE === undefined) makeFirstKey(file);
  return readKeyFile(file);
}

/** The file that holds the key, where the environment does not hold the key itself. */
export function keyFileOf({ stateDirectory, environment = {} }: KeySource): string {
  return environment.BERTH_SECRET_KEY_FILE ?? join(stateDirectory, keyFileName);
}

/** Makes a file with a key that is new; one that is there stays. */
export function makeKeyFile(file: string): void {
  attempt(`The key file ${file} cannot be made`, () => makeFile(file, `${randomBytes(keyBytes).toString("hex")}\n`));
}

export function readKeyFile(file: string): Buffer {
  const text = attempt(`The key file ${file} cannot be read`, () => {
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new BerthError("secrets.locked", `The key file ${file} is readable by others than its owner`, {
        hint: `Run chmod 600 ${file}, and think about who could have read it.`,
      });
    }
    return readFileSync(file, "utf8");
  });
  return parseKey(text, `The key file ${file}`);
}

function parseKey(text: string, what: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, "hex") : Buffer.from(trimmed, "base64");
  if (key.length !== keyBytes) {
    throw new BerthError("secrets.locked", `${what} does not hold a key of ${keyBytes} bytes`, {
      hint: "Put back the key with which the secrets were encrypted: 64 hex digits, or base64.",
    });
  }
  return key;
}

function makeFirstKey(file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  attempt(`The key file ${file} cannot be made`, () => mkdirSync(dirname(file), { recursive: true, mode: 0o700 }));
  makeKeyFile(file);
}

function attempt<T>(message: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof BerthError) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw new BerthError("secrets.locked", `${message}: ${cause}`, { cause: error });
  }
}
