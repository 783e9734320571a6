import type { OperationHandler } from "../../runs/handlers.ts";
import { connectSsh } from "../ssh/connect.ts";
import { readPrivateKey, type SshKey } from "../ssh/key.ts";
import type { Downloads } from "./downloads.ts";
import { type AgentAccess, ensureAgent } from "./ensure.ts";
import { hostOver } from "./host.ts";

export interface AgentEnsureDependencies extends AgentAccess {
  downloads: () => Promise<Downloads>;
  /** The controller's own key. */
  sshKey: () => Promise<SshKey>;
  /** Fingerprints of the nodes' SSH host keys, kept from their first contact on. */
  hostKeys: {
    get: (node: string) => Promise<string | null> | string | null;
    set: (node: string, fingerprint: string) => Promise<void> | void;
  };
}

const reachMilliseconds = 180_000;

/** The handler of `agent.ensure`. */
export function createAgentEnsureHandler(dependencies: AgentEnsureDependencies): OperationHandler<"agent.ensure"> {
  return async ({ input, log, signal }) => {
    const { node, address, ssh } = input;
    const progress = { log, signal };
    await using session = await connectSsh(
      {
        host: address,
        port: ssh.port,
        user: ssh.user,
        key: ssh.identityFile === null ? await dependencies.sshKey() : await readPrivateKey(ssh.identityFile),
        hostKey: ssh.hostKey ?? (await dependencies.hostKeys.get(node)),
        onFirstHostKey: async (fingerprint) => {
          log(`First contact with ${address}: its SSH host key ${fingerprint} is pinned`);
          await dependencies.hostKeys.set(node, fingerprint);
        },
        deadlineMilliseconds: reachMilliseconds,
      },
      progress,
    );
    const downloads = await dependencies.downloads();
    return await ensureAgent(
      hostOver(session, ssh.user, progress),
      { node, downloads, access: dependencies },
      progress,
    );
  };
}
