import { createJoinToken } from "@berth/shared/api/nodes";
import { defineCommand } from "../define-command.ts";

export default defineCommand({
  details:
    "The token works once, for this node, until it expires; its line works on the host that has the node's address. " +
    "A node that is new is in the fleet from then on, absent until its agent comes. " +
    "The line is all that is printed on stdout.",
  arguments: {
    name: { description: "Name the node gets, or of one that is in the fleet", completes: "node" },
    address: { optional: true, description: "IPv4 address of the host, when the node is new" },
  },
  options: {
    valid: {
      kind: "integer",
      value: "SECONDS",
      minimum: 60,
      maximum: 604_800,
      default: 3600,
      description: "How long the token may be used",
    },
  },
  examples: [{ command: "berth node token user4 10.0.6.14", does: "print the line to paste on the host as root" }],
  async run({ client, input, note, json }) {
    const answer = await (
      await client()
    ).call(createJoinToken, {
      body: {
        name: input.name,
        ...(input.address === undefined ? {} : { address: input.address }),
        validSeconds: input.valid,
      },
    });
    if (json) return answer;
    if (answer.added)
      note(`${input.name} is in the fleet now; \`berth node remove ${input.name}\` takes it out again.`);
    note(`Run this on ${answer.address} as root, once, before ${answer.expiresAt}:`);
    return answer;
  },
  render: ({ command }) => [command],
});
