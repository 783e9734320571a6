import { createJoinToken } from "@berth/shared/api/nodes";
import { defineCommand } from "../define-command.ts";

export default defineCommand({
  details: "The token works once, for this node, until it expires. The line is all that is printed on stdout.",
  arguments: {
    name: { description: "Name the node gets" },
    address: { description: "IPv4 address of the host" },
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
      body: { name: input.name, address: input.address, validSeconds: input.valid },
    });
    if (!json) note(`Run this on ${input.address} as root, once, before ${answer.expiresAt}:`);
    return answer;
  },
  render: ({ command }) => [command],
});
