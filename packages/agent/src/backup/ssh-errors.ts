/** What restic's SSH client and the SFTP server behind it fail with. Pure. */
import { createHash } from "node:crypto";
import { said, type Kind } from "./error-kind.ts";

const fingerprintPattern = /SHA256:[A-Za-z0-9+/]{43}/;

/** In this order. They go before those of restic, whose words for what has become of SSH would tell something else. */
export const sshKinds: readonly Kind[] = [
  {
    matches: said(/REMOTE HOST IDENTIFICATION HAS CHANGED|host key is known for|host key verification failed/i),
    code: "ssh.host-key",
    sentence: ({ location, ssh }, text) => {
      const [seen] = fingerprintPattern.exec(text) ?? [];
      const presents = seen === undefined ? "presents another SSH host key" : `presents the SSH host key ${seen}`;
      return `The backup target ${location} ${presents}, but ${fingerprintOf(ssh?.hostKey ?? "")} is the one it should have.`;
    },
    hint: "If the server was reinstalled, write its new key as backups.target.sftp.hostKey in the fleet file and apply it (`ssh-keyscan HOST` prints it, the server's own /etc/ssh/ssh_host_ed25519_key.pub proves it); if not, somebody may stand between.",
    quote: false,
  },
  {
    matches: said(/permission denied \([a-z,-]+\)|too many authentication failures/i),
    code: "forbidden",
    sentence: ({ location }) => `The backup target ${location} does not accept Berth's key for this user.`,
    hint: "Put the public half of backup/sftpKey into the user's authorized_keys, or give another key: berth secret set backup/sftpKey --from-file KEY.",
    quote: false,
  },
  {
    matches: said(/ssh: (?:command )?not found/),
    code: "store.failed",
    sentence: ({ image }) => `The image ${image} has no SSH client, which a backup target with SFTP needs.`,
    hint: "restic's own image has one: what does the mirror give in its place?",
    quote: false,
  },
  {
    matches: said(/ssh: (?:connect to host|could not resolve)/i),
    code: "store.failed",
    sentence: ({ location }) => `The backup target ${location} does not answer.`,
    hint: "Does it run, and does the node reach its SSH port?",
    quote: true,
  },
  {
    matches: said(/subsystem request failed|packet too long|unexpected packet/i),
    code: "store.failed",
    sentence: ({ location }) => `The backup target ${location} gives this user no SFTP.`,
    hint: "sshd needs `Subsystem sftp internal-sftp`; the user's shell must print nothing.",
    quote: true,
  },
  {
    matches: said(/no space left on device|disk quota exceeded/i),
    code: "disk.full",
    sentence: ({ location }) => `The backup target ${location} is full.`,
    hint: "Enlarge it, or remove old backups: berth backup prune.",
    quote: false,
  },
  {
    matches: said(
      /ssh command exited|connection (?:closed|reset) by|connection to \S+ closed|not responding|broken pipe|connection lost|kex_exchange_identification|unable to start the sftp session/i,
    ),
    code: "store.failed",
    sentence: ({ location }) => `The connection to the backup target ${location} broke off.`,
    hint: "What was stored is not sent again by the next backup. Does the server run, and does it let so many in at once?",
    quote: true,
  },
  {
    matches: said(/permission denied/i),
    code: "forbidden",
    sentence: ({ location }) => `The user of the backup target ${location} may not write there.`,
    hint: "Make the directory the user's own. Behind a ChrootDirectory, backups.target.sftp.path begins below it.",
    quote: true,
  },
  {
    matches: said(/SSH_FX_FAILURE/),
    code: "store.failed",
    sentence: ({ location }) => `The backup target ${location} could not do what it was asked to.`,
    hint: "SFTP does not say why: is its disk full, or the user's quota used up?",
    quote: true,
  },
];

/** As ssh-keygen prints it. `key`: "ssh-ed25519 AAAA…". */
function fingerprintOf(key: string): string {
  const bytes = Buffer.from(key.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "")}`;
}
