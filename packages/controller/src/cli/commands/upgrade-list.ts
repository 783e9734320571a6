import { listUpgrades } from "@berth/shared/api/upgrades";
import { defineCommand } from "../define-command.ts";
import { upgradeLines } from "../render/upgrade.ts";

export default defineCommand({
  details:
    "GAP is how long an instance did not run: from the stop of the former version to when one was healthy again.\n\n" +
    'With --json: {"upgrades": [{"id", "service", "version", "startedAt", "instances": […]}]}.',
  options: {
    limit: { kind: "integer", value: "N", description: "How many", minimum: 1, maximum: 500, default: 20 },
  },
  examples: [{ command: "berth upgrade list", does: "what was upgraded, what went back, and why" }],
  run: async ({ client, input: { limit } }) => (await client()).call(listUpgrades, { query: { limit } }),
  render: ({ upgrades }, options) => upgradeLines(upgrades, options),
});
