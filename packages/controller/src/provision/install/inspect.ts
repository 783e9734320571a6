import type { Progress } from "../progress.ts";
import { hostOver } from "./host.ts";
import { refuseHost } from "./plan.ts";
import { parseProbe } from "./probe.ts";
import { hostMilliseconds, type NodeOverSsh, reachNode, type SshAccess } from "./reach.ts";

const probeMilliseconds = 60_000;

/**
 * Looks at a host before it is made a node, and changes nothing on it.
 * @throws BerthError host.unreachable, ssh.failed, ssh.host-key, host.unsupported, conflict
 */
export async function inspectHost(
  node: NodeOverSsh,
  { caFingerprint, ...access }: SshAccess & { caFingerprint: string },
  progress: Progress,
): Promise<void> {
  await using session = await reachNode(node, access, { deadlineMilliseconds: hostMilliseconds }, progress);
  const facts = await hostOver(session, node.ssh.user, progress).call({
    functions: "read_facts; print_facts",
    action: "say what it is",
    deadlineMilliseconds: probeMilliseconds,
    quiet: true,
  });
  refuseHost(parseProbe(facts, session.place), { node: node.node, caFingerprint }, session.place);
}
