import type { OperationHandler } from "../../runs/handlers.ts";
import { inPhase } from "../../runs/phases.ts";
import type { Downloads } from "./downloads.ts";
import { type AgentAccess, ensureAgent } from "./ensure.ts";
import { hostOver } from "./host.ts";
import { hostMilliseconds, reachNode, type SshAccess } from "./reach.ts";

export interface AgentEnsureDependencies extends AgentAccess, SshAccess {
  downloads: () => Promise<Downloads>;
  /** Whether Berth makes the LXC of this node, which then may still boot. */
  makesLxc: (node: string) => boolean;
}

/** An LXC that was just started takes seconds, on a busy host minutes. */
const bootMilliseconds = 180_000;

/** The handler of `agent.ensure`. */
export function createAgentEnsureHandler(dependencies: AgentEnsureDependencies): OperationHandler<"agent.ensure"> {
  return async ({ input, log, signal, phases }) => {
    const progress = { log, signal, phases };
    const patience = {
      deadlineMilliseconds: dependencies.makesLxc(input.node) ? bootMilliseconds : hostMilliseconds,
      otherwise: `\`berth node remove ${input.node}\` takes it out of the fleet.`,
    };
    const reach = () => reachNode(input, dependencies, patience, progress);
    await using session = await inPhase(phases, { name: "connect", target: input.node }, reach);
    const host = hostOver(session, input.ssh.user, progress);
    const downloads = await dependencies.downloads();
    return await ensureAgent(host, { node: input.node, downloads, access: dependencies }, progress);
  };
}
