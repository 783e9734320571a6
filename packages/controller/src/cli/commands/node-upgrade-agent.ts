import { upgradeAgent } from "@berth/shared/api/nodes";
import { defineCommand } from "../define-command.ts";

/** Until the new agent has connected, or the old one is back. */
const deadlineSeconds = 300;

export default defineCommand({
  details: "The old agent comes back when the new one does not connect. Instances keep running meanwhile.",
  arguments: { name: { description: "Name of the node", completes: "node" } },
  examples: [
    { command: "berth node upgrade-agent user1", does: "bring the agent of user1 to the controller's version" },
  ],
  async run({ client, input }) {
    const answer = await (await client()).call(upgradeAgent, { params: { name: input.name }, deadlineSeconds });
    return { name: input.name, ...answer };
  },
  render: ({ name, from, to, changed }) => [
    changed ? `The agent of ${name} went from ${from} to ${to}.` : `The agent of ${name} is at ${to} already.`,
  ],
});
