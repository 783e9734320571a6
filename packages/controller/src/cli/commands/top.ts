import { orders } from "@berth/shared/metrics/order";
import { defineCommand } from "../define-command.ts";
import { requireKnownNames } from "../known-names.ts";
import { tableLines } from "../top/lines.ts";
import { showLive } from "../top/live.ts";
import { lookOnce } from "../top/once.ts";
import { groupings, topRows } from "../top/rows.ts";

export default defineCommand({
  details:
    "On a terminal the table goes on, and keys sort and group it: it says which. Elsewhere, with --once and with --json " +
    'it is one look: {"by", "rows": [{"name", "tenant", "node", "cpuCores", "memoryBytes", …}]}; null is what was not ' +
    "measured in the last seconds. docs/metrics.md says what each number is.",
  options: {
    by: {
      kind: "choice",
      value: "WHAT",
      choices: groupings,
      default: "container",
      description: "Add up what belongs together",
    },
    sort: {
      kind: "choice",
      short: "s",
      value: "COLUMN",
      choices: orders,
      default: "cpu",
      description: "Highest first",
    },
    tenant: {
      kind: "text",
      value: "TENANT",
      completes: "tenant",
      description: "Only what is this tenant's; 'shared' is what is nobody's",
    },
    node: { kind: "text", value: "NODE", completes: "node", description: "Only what is on this node" },
    filter: { kind: "text", value: "TEXT", description: "Only rows whose name contains this" },
    once: { kind: "flag", description: "One look, then end" },
  },
  examples: [
    { command: "berth top", does: "what uses the fleet at this moment, by container" },
    { command: "berth top --by tenant --sort memory", does: "who uses most" },
    {
      command: "berth top --json --tenant user2 | jq '[.rows[].memoryBytes] | add'",
      does: "bytes that user2's containers take together",
    },
  ],
  async run({ input, ...context }) {
    const { by, sort, tenant, node, filter } = input;
    const selection = { by, sort, tenant, node, filter };
    const { terminal, json } = context;
    if (tenant !== undefined || node !== undefined) await requireKnownNames(await context.client(), { tenant, node });
    if (!json && !input.once && terminal.stdout.isTTY === true) return void (await showLive(context, selection));
    const picture = await lookOnce(await context.client(), () => terminal.now());
    return { by, rows: topRows(picture, selection, terminal.now()) };
  },
  render: ({ by, rows }, options) => tableLines(rows, { by }, options),
});
