/** A connection to a host over SSH, with its host key pinned; tried until a deadline, since hosts take time to boot. */
import { BerthError } from "@berth/shared/errors";
import ssh2, { type ServerHostKeyAlgorithm } from "ssh2";
import type { Progress } from "../progress.ts";
import { waitFor } from "../wait.ts";
import { fingerprintOf, hostKeyMismatch, keyTypeOf } from "./host-key.ts";
import type { SshKey } from "./key.ts";
import { newSshSession, type SshSession } from "./session.ts";

export interface SshTarget {
  host: string;
  port: number;
  user: string;
  key: SshKey;
  /** Fingerprint that the host must have; null: the first one seen is trusted and given to `onFirstHostKey`. */
  hostKey: string | null;
  /** Keeps the fingerprint. Called before anything is sent to the host. */
  onFirstHostKey: (fingerprint: string) => Promise<void> | void;
  /** For the host to be reachable. */
  deadlineMilliseconds: number;
  /** A sentence on what else can be done when the host does not answer. */
  otherwise?: string;
}

const unreachableHint = "Check that the host runs, that its address is right and that sshd listens on this port.";

class ConnectionClosed extends Error {}

const handshakeMilliseconds = 15_000;
/** The last attempt before the deadline is not cut so short that it could not succeed. */
const shortestHandshakeMilliseconds = 1000;
const keepAliveMilliseconds = 10_000;
const retryMilliseconds = 2000;

/** A host has a key of each type, and the pinned one need not be of the type that is preferred. */
const keyTypes: ServerHostKeyAlgorithm[][] = [
  ["ssh-ed25519"],
  ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"],
  ["rsa-sha2-512", "rsa-sha2-256"],
];

/**
 * Connects, and tries again while the host cannot be reached. Dispose the session after use.
 * @throws BerthError host.unreachable after the deadline, ssh.failed, ssh.host-key
 */
export async function connectSsh(target: SshTarget, progress: Progress): Promise<SshSession> {
  const place = `${target.user}@${target.host}:${target.port}`;
  const end = Date.now() + target.deadlineMilliseconds;
  let lastFailure = "";
  return waitFor({
    what: `An SSH connection to ${place}`,
    code: "host.unreachable",
    deadlineMilliseconds: target.deadlineMilliseconds,
    intervalMilliseconds: retryMilliseconds,
    signal: progress.signal,
    hint: [unreachableHint, target.otherwise].filter((sentence) => sentence !== undefined).join(" "),
    check: async () => {
      try {
        return newSshSession(await connectPinned(target, end, progress.signal), place);
      } catch (error) {
        if (!isUnreachable(error)) throw explain(error, target, place);
        const failure = error instanceof Error ? error.message : String(error);
        if (failure !== lastFailure) progress.log(`Waiting for SSH at ${target.host}: ${failure}`);
        lastFailure = failure;
        return undefined;
      }
    },
  });
}

async function connectPinned(target: SshTarget, end: number, signal: AbortSignal): Promise<ssh2.Client> {
  const { hostKey } = target;
  if (hostKey === null) {
    return connectOnce(target, keyTypes.flat(), end, signal, async (fingerprint) => {
      await target.onFirstHostKey(fingerprint);
      return true;
    });
  }
  const seen = new Map<string, string>();
  let failure: unknown;
  for (const algorithms of [keyTypes.flat(), ...keyTypes]) {
    if (algorithms.every((type) => seen.has(keyGroup(type)))) continue;
    try {
      return await connectOnce(target, algorithms, end, signal, (fingerprint, type) => {
        seen.set(keyGroup(type), fingerprint);
        return fingerprint === hostKey;
      });
    } catch (error) {
      if (levelOf(error) !== "handshake") throw error;
      failure = error;
    }
  }
  throw seen.size === 0 ? failure : hostKeyMismatch(target.host, [...seen.values()], hostKey);
}

/** One attempt, over at about `end`. `verify` judges the host's key before the client has authenticated itself. */
function connectOnce(
  target: SshTarget,
  serverHostKey: ServerHostKeyAlgorithm[],
  end: number,
  signal: AbortSignal,
  verify: (fingerprint: string, type: string) => Promise<boolean> | boolean,
): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    let verifyFailure: unknown;
    const settle = (finish: () => void): void => {
      signal.removeEventListener("abort", abort);
      finish();
    };
    const fail = (error: unknown): void => {
      settle(() => reject(verifyFailure ?? error));
      client.destroy();
    };
    const abort = (): void => fail(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    client.once("ready", () => settle(() => resolve(client)));
    // Stays: an error that comes later must not end the controller. The session learns of it by "close".
    client.on("error", fail);
    client.once("close", () => fail(new ConnectionClosed("the host closed the connection")));
    client.connect({
      host: target.host,
      port: target.port,
      username: target.user,
      privateKey: target.key.privateKey.reveal(),
      algorithms: { serverHostKey },
      readyTimeout: Math.min(handshakeMilliseconds, Math.max(shortestHandshakeMilliseconds, end - Date.now())),
      keepaliveInterval: keepAliveMilliseconds,
      hostVerifier: (key: Buffer, answer: (trusted: boolean) => void) => {
        const judge = async (): Promise<boolean> => verify(fingerprintOf(key), keyTypeOf(key));
        judge().then(answer, (error: unknown) => {
          verifyFailure = error;
          answer(false);
        });
      },
    });
    // Packets are small and wait for each other: collected ones cost a fifth of a second a command.
    client.setNoDelay(true);
  });
}

/** `rsa-sha2-512` is how an `ssh-rsa` key signs. */
function keyGroup(type: string): string {
  if (type.startsWith("ecdsa")) return "ecdsa";
  return type.includes("rsa") ? "rsa" : type;
}

function levelOf(error: unknown): string {
  return error instanceof Error && "level" in error ? String(error.level) : "";
}

/** Not reached yet: refused, no route, no answer, or closed while it boots. */
function isUnreachable(error: unknown): boolean {
  return ["client-socket", "client-timeout"].includes(levelOf(error)) || error instanceof ConnectionClosed;
}

function explain(error: unknown, target: SshTarget, place: string): unknown {
  if (error instanceof BerthError) return error;
  if (levelOf(error) === "client-authentication") {
    return new BerthError("ssh.failed", `${place} does not accept the key of this controller`, {
      hint: `Add this line to ~${target.user}/.ssh/authorized_keys on the host, or name another private key as ssh.identityFile: ${target.key.publicKey}`,
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new BerthError("ssh.failed", `The SSH connection to ${place} failed: ${message}`, { cause: error });
}
