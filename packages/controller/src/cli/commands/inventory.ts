import { getInventory } from "@berth/shared/api/fleet";
import { defineCommand } from "../define-command.ts";

export default defineCommand({
  details:
    "Always JSON. `--format ansible` is what Ansible expects of a dynamic inventory: save a script with the line " +
    "`exec berth inventory --format ansible`, make it executable and give it to ansible -i.",
  options: {
    format: {
      kind: "choice",
      value: "FORMAT",
      choices: ["berth", "ansible"],
      default: "berth",
      description: "Whose shape the data has",
    },
  },
  examples: [
    { command: "berth inventory", does: "nodes, tenants and instances" },
    { command: "berth inventory --format ansible", does: "a dynamic inventory for Ansible" },
  ],
  run: async ({ client, input }) => (await client()).call(getInventory, { query: { format: input.format } }),
  render: (inventory) => JSON.stringify(inventory, null, 2).split("\n"),
});
