import { listNodes, upgradeAgent } from "@berth/shared/api/nodes";
import { BerthError } from "@berth/shared/errors";
import type { Client } from "../client/client.ts";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";

/** Until the new agent has connected, or the old one is back. */
const deadlineSeconds = 300;

export default defineCommand({
  details:
    "One node after the other; the first that fails ends it. The old agent comes back when the new one does not connect. " +
    'Instances keep running meanwhile. With --json: {"agents": [{"name", "from", "to", "changed"}]}.',
  arguments: { name: { description: "Names of nodes", optional: true, variadic: true, completes: "node" } },
  options: { outdated: { kind: "flag", description: "Every node that is online with an older agent" } },
  examples: [
    { command: "berth node upgrade-agent user1", does: "bring the agent of user1 to the controller's version" },
    { command: "berth node upgrade-agent --outdated", does: "after an upgrade of the controller" },
  ],
  async run({ client, input, note }) {
    if (input.outdated === input.name.length > 0) throw usageError("Give either names of nodes or --outdated.");
    const connected = await client();
    const names = input.outdated ? await outdatedNodes(connected) : input.name;
    const agents: UpgradedAgent[] = [];
    for (const name of names) {
      if (names.length > 1) note(`Upgrading the agent of ${name} …`);
      try {
        const answer = await connected.call(upgradeAgent, { params: { name }, deadlineSeconds });
        agents.push({ name, ...answer });
      } catch (error) {
        // Those before it were upgraded all the same, and are told.
        if (agents.length > 0 && error instanceof BerthError) return { agents, error };
        throw error;
      }
    }
    return { agents, error: undefined };
  },
  present: ({ agents }) => ({ agents }),
  render: ({ agents }) =>
    agents.length === 0
      ? ["Every agent that is online has the controller's version."]
      : agents.map(({ name, from, to, changed }) =>
          changed ? `The agent of ${name} went from ${from} to ${to}.` : `The agent of ${name} is at ${to} already.`,
        ),
  failure: ({ error }) => error,
});

interface UpgradedAgent {
  name: string;
  from: string;
  to: string;
  changed: boolean;
}

async function outdatedNodes(client: Client): Promise<string[]> {
  const { nodes } = await client.call(listNodes, {});
  return nodes.filter((node) => node.outdated && node.state === "online").map((node) => node.name);
}
