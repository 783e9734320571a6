import { createHash } from "node:crypto";
import { BerthError } from "@berth/shared/errors";

/** As `ssh-keygen -l` prints it: `SHA256:` and base64 without padding. */
export function fingerprintOf(publicKey: Buffer): string {
  return `SHA256:${createHash("sha256").update(publicKey).digest("base64").replace(/=+$/, "")}`;
}

/** Type of a key in the SSH wire format, which begins with it. */
export function keyTypeOf(publicKey: Buffer): string {
  return publicKey.length < 4 ? "" : publicKey.subarray(4, 4 + publicKey.readUInt32BE(0)).toString("latin1");
}

export function hostKeyMismatch(host: string, seen: string[], pinned: string): BerthError {
  return new BerthError(
    "ssh.host-key",
    `${host} presents the SSH host key ${seen.join(" and ")}, but ${pinned} is the one it should have`,
    {
      hint: "If the host was reinstalled, write its new fingerprint as ssh.hostKey in fleet.yaml (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the host prints it); if not, somebody may stand between.",
    },
  );
}
