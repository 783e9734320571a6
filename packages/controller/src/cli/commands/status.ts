import { getStatus } from "@berth/shared/api/status";
import { defineCommand } from "../define-command.ts";
import { statusLines } from "../render/status.ts";

export default defineCommand({
  details:
    'With --json: {"fleet", "nodes": [{"name", "address", "state", …}], "instances": [{"name", "service", "node", "tenant", "state", …}]}; tenant is null for shared instances.',
  examples: [
    { command: "berth status", does: "what runs where, and how it is" },
    {
      command: `berth status --json | jq -r '.instances[] | select(.state != "healthy") | .name'`,
      does: "names of the instances that are not healthy",
    },
  ],
  run: async ({ client }) => (await client()).call(getStatus, {}),
  render: statusLines,
});
