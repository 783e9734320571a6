/** Where the key comes from that encrypts the secrets: 32 bytes, in the environment or in a file of mode 0600. */
import { randomBytes, randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { BerthError } from "@berth/shared/errors";

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
  if (environment.BERTH_SECRET_KEY_FILE !== undefined) return readKeyFile(environment.BERTH_SECRET_KEY_FILE);
  const file = join(stateDirectory, keyFileName);
  if (mayMake) makeKeyFile(file);
  return readKeyFile(file);
}

function readKeyFile(file: string): Buffer {
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

/** Written whole under another name, then linked: nobody sees half a key, and a key that is there is never replaced. */
function makeKeyFile(file: string): void {
  const draft = `${file}.${randomUUID()}`;
  attempt(`The key file ${file} cannot be made`, () => {
    if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    try {
      writeDurably(draft, `${randomBytes(keyBytes).toString("hex")}\n`);
      linkUnlessPresent(draft, file);
    } finally {
      rmSync(draft, { force: true });
    }
  });
}

function writeDurably(file: string, text: string): void {
  const descriptor = openSync(file, "wx", 0o600);
  try {
    chmodSync(file, 0o600);
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function linkUnlessPresent(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    const present = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (!present) throw error;
  }
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
