import { removeNode } from "@berth/shared/api/nodes";
import { defineCommand } from "../define-command.ts";

/** The agent takes itself off the host before the answer comes. */
const deadlineSeconds = 180;

export default defineCommand({
  details:
    "The agent is uninstalled from the host when it is connected; its certificate is revoked in any case. " +
    "Refused while instances run on the node, unless forced.",
  arguments: { name: { description: "Name of the node", completes: "node" } },
  options: {
    force: { kind: "flag", description: "Although instances run on it" },
    keepAgent: { kind: "flag", description: "Leave the agent installed on the host" },
  },
  examples: [{ command: "berth node remove user3", does: "take the agent off user3 and forget the node" }],
  async run({ client, input }) {
    const answer = await (
      await client()
    ).call(removeNode, {
      params: { name: input.name },
      query: { force: String(input.force), uninstall: String(!input.keepAgent) },
      deadlineSeconds,
    });
    return { name: input.name, ...answer };
  },
  render: ({ name, removed, uninstalled }) => {
    if (!removed) return [`${name} was not a node.`];
    const agent = uninstalled ? "its agent was taken off the host" : "its agent is still installed on the host";
    return [`Removed ${name}; ${agent}.`];
  },
});
