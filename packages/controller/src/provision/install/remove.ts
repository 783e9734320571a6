import type { Progress } from "../progress.ts";
import { hostOver } from "./host.ts";
import { hostMilliseconds, type NodeOverSsh, reachNode, type SshAccess } from "./reach.ts";

const removalMilliseconds = 120_000;

/** Removes the agent from a node over SSH and leaves nothing of Berth behind; its containers only when asked. */
export async function removeAgent(
  node: NodeOverSsh,
  options: { containers: boolean },
  access: SshAccess,
  progress: Progress,
): Promise<void> {
  await using session = await reachNode(node, access, { deadlineMilliseconds: hostMilliseconds }, progress);
  await hostOver(session, node.ssh.user, progress).call({
    functions: 'uninstall "$1"',
    arguments: [options.containers ? "--containers" : "keep"],
    action: "remove the agent",
    deadlineMilliseconds: removalMilliseconds,
  });
}
