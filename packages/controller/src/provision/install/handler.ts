import type { OperationHandler } from "../../runs/handlers.ts";
import type { Downloads } from "./downloads.ts";
import { type AgentAccess, ensureAgent } from "./ensure.ts";
import { hostOver } from "./host.ts";
import { reachNode, type SshAccess } from "./reach.ts";

export interface AgentEnsureDependencies extends AgentAccess, SshAccess {
  downloads: () => Promise<Downloads>;
}

/** An LXC that was just started takes seconds, a host that boots minutes. */
const reachMilliseconds = 180_000;

/** The handler of `agent.ensure`. */
export function createAgentEnsureHandler(dependencies: AgentEnsureDependencies): OperationHandler<"agent.ensure"> {
  return async ({ input, log, signal }) => {
    const progress = { log, signal };
    await using session = await reachNode(input, dependencies, reachMilliseconds, progress);
    const host = hostOver(session, input.ssh.user, progress);
    const downloads = await dependencies.downloads();
    return await ensureAgent(host, { node: input.node, downloads, access: dependencies }, progress);
  };
}
