import { hostSshSeconds } from "@berth/shared/api/nodes";
import type { OperationInput } from "@berth/shared/operations/index";
import type { Progress } from "../progress.ts";
import { connectSsh } from "../ssh/connect.ts";
import { readPrivateKey, type SshKey } from "../ssh/key.ts";
import type { SshSession } from "../ssh/session.ts";

export interface SshAccess {
  /** The controller's own key. */
  sshKey: () => Promise<SshKey>;
  /** Fingerprints of the nodes' SSH host keys, kept from their first contact on. */
  hostKeys: {
    get: (node: string) => Promise<string | null> | string | null;
    set: (node: string, fingerprint: string) => Promise<void> | void;
  };
}

/** For a host that exists: it answers soon or not at all. */
export const hostMilliseconds = hostSshSeconds * 1000;

export interface Patience {
  /** For the host to be reachable. */
  deadlineMilliseconds: number;
  /** A sentence on what else can be done when it is not. */
  otherwise?: string;
}

export type NodeOverSsh = Pick<OperationInput<"agent.ensure">, "node" | "address" | "ssh">;

/** An SSH connection to a node, its host key pinned: as the fleet says, or as it was at the first contact. */
export async function reachNode(
  { node, address, ssh }: NodeOverSsh,
  access: SshAccess,
  patience: Patience,
  progress: Progress,
): Promise<SshSession> {
  const seconds = Math.round(patience.deadlineMilliseconds / 1000);
  progress.log(`Connecting to ${ssh.user}@${address}:${ssh.port} by SSH, for at most ${seconds} s`);
  return connectSsh(
    {
      host: address,
      port: ssh.port,
      user: ssh.user,
      key: ssh.identityFile === null ? await access.sshKey() : await readPrivateKey(ssh.identityFile),
      hostKey: ssh.hostKey ?? (await access.hostKeys.get(node)),
      onFirstHostKey: async (fingerprint) => {
        progress.log(`First contact with ${address}: its SSH host key ${fingerprint} is pinned`);
        await access.hostKeys.set(node, fingerprint);
      },
      ...patience,
    },
    progress,
  );
}
