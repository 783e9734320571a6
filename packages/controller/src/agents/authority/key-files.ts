/** Files that hold a private key with its certificate: one file, so that the two can never be out of step. */
import { randomUUID } from "node:crypto";
import { chmod, link, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BerthError } from "@berth/shared/errors";

/** Both end with a newline, so that they can be put together with others. */
export interface KeyPairPem {
  /** PKCS #8 */
  key: string;
  certificate: string;
}

const keyPattern = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/;
const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

/** The pair in the file, or undefined when there is no such file. Closes the file to group and others on the way. */
export async function readKeyPair(path: string): Promise<KeyPairPem | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  await chmod(path, 0o600);
  const key = keyPattern.exec(text)?.[0];
  const certificate = certificatePattern.exec(text)?.[0];
  if (key === undefined || certificate === undefined) {
    throw new BerthError("internal", `${path} does not hold a private key and a certificate`, {
      hint: "Bring the file back from a backup. Without it every agent has to enrol again.",
    });
  }
  return { key: `${key}\n`, certificate: `${certificate}\n` };
}

/** Writes the pair (mode 0600) unless the file exists; answers the pair that is in the file then. */
export async function createKeyPairOnce(path: string, pair: KeyPairPem): Promise<KeyPairPem> {
  const temporary = await writeTemporary(path, pair);
  try {
    await link(temporary, path);
    await syncDirectory(path);
    return pair;
  } catch (error) {
    const exists = error instanceof Error && "code" in error && error.code === "EEXIST";
    const winner = exists ? await readKeyPair(path) : undefined;
    if (winner === undefined) throw error;
    return winner;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Writes the pair (mode 0600), replacing what is there in one step. */
export async function replaceKeyPair(path: string, pair: KeyPairPem): Promise<void> {
  await rename(await writeTemporary(path, pair), path);
  await syncDirectory(path);
}

async function writeTemporary(path: string, pair: KeyPairPem): Promise<string> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(`${pair.key}${pair.certificate}`);
    await file.sync();
  } finally {
    await file.close();
  }
  return temporary;
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(join(dirname(path), "."), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
