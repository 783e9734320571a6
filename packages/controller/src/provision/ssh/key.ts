import { randomUUID } from "node:crypto";
import { link, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { BerthError } from "@berth/shared/errors";
import { Secret } from "@berth/shared/secret";
import ssh2 from "ssh2";
import { readSecretFile } from "../secret-file.ts";

export interface SshKey {
  /** Line for `authorized_keys`: `ssh-ed25519 AAAA… berth`. */
  publicKey: string;
  privateKey: Secret;
}

const keyFile = "ssh_ed25519";
const comment = "berth";

/** The controller's own key pair, made at the first call: `ssh_ed25519` (0600) and `ssh_ed25519.pub` in the directory. */
export async function openSshKey({ directory }: { directory: string }): Promise<SshKey> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, keyFile);
  await createIfAbsent(path);
  const key = await readPrivateKey(path);
  await writeFile(`${path}.pub`, `${key.publicKey}\n`, { mode: 0o644 });
  return key;
}

/** A private key in a file of the user's; refuses one that others may read or that has a passphrase. */
export async function readPrivateKey(path: string): Promise<SshKey> {
  return parsePrivateKey(await readSecretFile(path, "the private SSH key"), path);
}

const makeKeyHint = "Make one without a passphrase: ssh-keygen -t ed25519 -N '' -f FILE";

/** `what` begins the sentence. Throws `request.invalid` for what is none, and for one that has a passphrase. */
export function parsePrivateKey(text: Secret, what: string, hint = makeKeyHint): SshKey {
  const lines = `${text.reveal().replaceAll("\r\n", "\n").trim()}\n`;
  const parsed = ssh2.utils.parseKey(lines);
  if (parsed instanceof Error || !parsed.isPrivateKey()) {
    const why = parsed instanceof Error ? parsed.message : "it is a public one";
    throw new BerthError("request.invalid", `${what} is no private SSH key that can be used: ${why}`, {
      hint,
    });
  }
  return {
    publicKey: `${parsed.type} ${parsed.getPublicSSH().toString("base64")} ${comment}`,
    privateKey: new Secret(lines),
  };
}

/** `link` fails when the file is there: of two that start at the same time one makes the key, and both use it. */
async function createIfAbsent(path: string): Promise<void> {
  const next = `${path}.next-${randomUUID()}`;
  await writeFile(next, await generatePrivateKey(), { mode: 0o600 });
  try {
    await link(next, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await rm(next, { force: true });
  }
}

type GenerateKeyPair = (type: "ed25519", options: { comment: string }) => Promise<{ private: string }>;
const generateKeyPair: GenerateKeyPair = promisify(ssh2.utils.generateKeyPair);

/** One in 256 of ssh2's keys lacks its leading zero and cannot be read back: https://github.com/mscdex/ssh2/issues/1513. */
export async function generatePrivateKey(generatePair = generateKeyPair): Promise<string> {
  for (;;) {
    const pair = await generatePair("ed25519", { comment });
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair.private;
  }
}
