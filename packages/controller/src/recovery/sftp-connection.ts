/** A connection to the SFTP server that archives are kept on: with one key, to a server with one key. */
import { BerthError, toBerthError } from "@berth/shared/errors";
import type { SftpTarget } from "@berth/shared/fleet/backup-target";
import type { Secret } from "@berth/shared/secret";
import pTimeout from "p-timeout";
import ssh2, { type ServerHostKeyAlgorithm, type SFTPWrapper } from "ssh2";
import { fingerprintOf } from "../provision/ssh/host-key.ts";
import { parsePrivateKey } from "../provision/ssh/key.ts";

export interface SftpAccess extends SftpTarget {
  privateKey: Secret;
}

export interface SftpConnection extends Disposable {
  sftp: SFTPWrapper;
  /** Rejects when the connection breaks off; never resolves. */
  broken: Promise<never>;
}

const connectMilliseconds = 30_000;
const requestMilliseconds = 30_000;
/** A server that is gone without a word is noticed after four of them. */
const keepAliveMilliseconds = 15_000;
const closeMilliseconds = 5000;

const algorithms: Record<string, ServerHostKeyAlgorithm[]> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

/** Dispose it after use. */
export async function connectSftp(access: SftpAccess): Promise<SftpConnection> {
  const client = new ssh2.Client();
  let mismatch: BerthError | undefined;
  const broken = new Promise<never>((_resolve, reject) => {
    client.on("error", (error) => reject(mismatch ?? error));
    client.once("close", () => reject(mismatch ?? new Error("the server closed the connection")));
  });
  // Who waits for something at that moment is told; nobody may be waiting.
  broken.catch(() => undefined);
  const close = (): void => {
    client.end();
    setTimeout(() => client.destroy(), closeMilliseconds).unref();
  };
  try {
    const ready = new Promise<void>((resolve) => void client.once("ready", resolve));
    client.connect({
      host: access.host,
      port: access.port,
      username: access.user,
      privateKey: parsePrivateKey(access.privateKey, "The key of the backups' SFTP server").privateKey.reveal(),
      algorithms: { serverHostKey: hostKeyAlgorithms(access.hostKey) },
      readyTimeout: connectMilliseconds,
      keepaliveInterval: keepAliveMilliseconds,
      hostVerifier: (seen: Buffer) => {
        if (seen.equals(keyOf(access.hostKey))) return true;
        mismatch = hostKeyMismatch(access, seen);
        return false;
      },
    });
    // A request waits for the one before: collected packets cost a fifth of a second each time.
    client.setNoDelay(true);
    await Promise.race([ready, broken]);
    const sftp = await Promise.race([ask<SFTPWrapper>((done) => client.sftp(done)), broken]);
    // What breaks in the protocol comes here, and unheard it would end the controller.
    sftp.on("error", (error: unknown) => client.emit("error", error));
    return { sftp, broken, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

/** What is asked of ssh2 by a callback; over after a while, whatever the server does. */
export function ask<T = void>(
  begin: (done: (error: Error | null | undefined, value: T) => void) => unknown,
): Promise<T> {
  const answer = new Promise<T>((resolve, reject) => {
    begin((error, value) => (error instanceof Error ? reject(error) : resolve(value)));
  });
  return pTimeout(answer, {
    milliseconds: requestMilliseconds,
    message: new BerthError("deadline.exceeded", `it gave no answer within ${requestMilliseconds / 1000} s`),
  });
}

/** Those of the pinned key first; the others tell whose key it is that the server has instead. */
function hostKeyAlgorithms(hostKey: string): ServerHostKeyAlgorithm[] {
  const pinned = algorithms[hostKey.split(" ")[0] ?? ""] ?? [];
  return [...new Set([...pinned, ...Object.values(algorithms).flat()])];
}

function keyOf(hostKey: string): Buffer {
  return Buffer.from(hostKey.split(" ")[1] ?? "", "base64");
}

function hostKeyMismatch({ host, hostKey }: SftpTarget, seen: Buffer): BerthError {
  const [is, shouldBe] = [fingerprintOf(seen), fingerprintOf(keyOf(hostKey))];
  return new BerthError(
    "ssh.host-key",
    `The SFTP server ${host} presents the SSH host key ${is}, but ${shouldBe} is the one it should have`,
    {
      hint: "If the server was reinstalled, write its new key as backups.target.sftp.hostKey in the fleet file and apply it (`ssh-keyscan HOST` prints it, the server's own /etc/ssh/ssh_host_ed25519_key.pub proves it); if not, somebody may stand between.",
    },
  );
}

const { NO_SUCH_FILE, PERMISSION_DENIED } = ssh2.utils.sftp.STATUS_CODE;
const unreachable = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT"]);

export function isMissing(error: unknown): boolean {
  return propertyOf(error, "code") === NO_SUCH_FILE;
}

/** What is thrown of a server at `place`, as somebody can act on it. */
export function sftpError(error: unknown, { user }: SftpTarget, place: string): unknown {
  if (error instanceof BerthError && error.code !== "deadline.exceeded") return error;
  const failed = (sentence: string, hint: string): BerthError =>
    new BerthError("store.failed", sentence, { hint, cause: error });
  const code = propertyOf(error, "code");
  if (propertyOf(error, "level") === "client-authentication")
    return failed(
      `The SFTP server at ${place} does not accept Berth's key for ${user}`,
      "Put the public half of backup/sftpKey into the user's authorized_keys, or give another key: `berth secret set backup/sftpKey --from-file KEY`",
    );
  if (unreachable.has(String(code)) || propertyOf(error, "level") === "client-timeout")
    return failed(
      `The SFTP server at ${place} does not answer: ${toBerthError(error).message}`,
      "Does it run, and does the controller reach its SSH port?",
    );
  if (code === PERMISSION_DENIED)
    return failed(
      `${user} may not write to ${place}`,
      "Make the directory the user's own. Behind a ChrootDirectory, backups.target.sftp.path begins below it.",
    );
  return failed(
    `The SFTP server at ${place} failed: ${toBerthError(error).message}`,
    "SFTP says little of why: does the server run, and is there room on its disk?",
  );
}

function propertyOf(error: unknown, name: string): unknown {
  return error instanceof Error ? Reflect.get(error, name) : undefined;
}
