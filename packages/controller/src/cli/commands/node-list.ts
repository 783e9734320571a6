import { listNodes } from "@berth/shared/api/nodes";
import { defineCommand } from "../define-command.ts";
import { nodeLines } from "../render/status.ts";

export default defineCommand({
  examples: [{ command: "berth node list", does: "nodes, their agents and when they were last seen" }],
  run: async ({ client }) => (await client()).call(listNodes, {}),
  render: ({ nodes }, options) => nodeLines(nodes, options),
});
