import { removeNode } from "@berth/shared/api/nodes";
import { defineCommand } from "../define-command.ts";
import { followRun, runFailure } from "../runs/follow-run.ts";

/** The agent takes itself off the host before the answer comes. */
const deadlineSeconds = 180;

export default defineCommand({
  details:
    "The agent is taken off the host by SSH, its certificate revoked and the node forgotten; the host itself stays. " +
    "Where Berth has no SSH, the line is printed that takes the agent off. " +
    "Refused while the fleet asks the node to hold a tenant or an instance.",
  arguments: { name: { description: "Name of the node", completes: "node" } },
  options: {
    force: { kind: "flag", description: "Although its agent cannot be taken off the host" },
    keepAgent: { kind: "flag", description: "Leave the agent installed on the host" },
  },
  examples: [
    { command: "berth node remove user3", does: "take the agent off user3 and forget the node" },
    { command: "berth node remove user3 --keep-agent", does: "forget a node whose host is gone" },
  ],
  async run({ input, ...context }) {
    const client = await context.client();
    const { run, ...answer } = await client.call(removeNode, {
      params: { name: input.name },
      query: { force: String(input.force), uninstall: String(!input.keepAgent) },
      deadlineSeconds,
    });
    return { name: input.name, ...answer, run: run === null ? null : await followRun(context, run) };
  },
  failure: ({ run }) => (run === null ? undefined : runFailure(run)),
  render: ({ name, removed, enrolled, uninstalled, uninstallCommand }) => {
    if (!removed) return [`${name} was not a node.`];
    if (!enrolled) return [`Removed ${name}; no agent of it ever enrolled.`];
    if (uninstalled) return [`Removed ${name}; its agent was taken off the host.`];
    const left = `Removed ${name}; its agent is still installed on the host, and can do nothing any more`;
    return uninstallCommand === null
      ? [`${left}.`]
      : [`${left}. This takes it off, run there as root:`, uninstallCommand];
  },
});
