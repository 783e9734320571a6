import { listAlerts } from "@berth/shared/api/alerts";
import { defineCommand } from "../define-command.ts";
import { activeAlertLines, receiverLines, recentAlertLines } from "../render/alert.ts";

export default defineCommand({
  details:
    "FOR is how long it has been amiss. A state of `well` is one that ends unless it comes back soon; `silenced` is one " +
    "that nobody is told of. What is amiss, and not for long enough yet, is shown with --pending. docs/alerts.md has every " +
    "rule.\n\n" +
    'With --json: {"active": [{"rule", "severity", "labels", "summary", "description", "state", "since", "silencedBy", ' +
    '"told", …}], "recent": […], "silences": […], "receivers": [{"name", "kind", "problem", …}]}; active has what is ' +
    "pending, too.",
  options: {
    pending: { kind: "flag", description: "Also what is amiss, and not for long enough yet" },
    recent: {
      kind: "integer",
      value: "N",
      minimum: 0,
      maximum: 500,
      default: 10,
      description: "How many of those that are over",
    },
  },
  examples: [
    { command: "berth alert list", does: "what is amiss, what was lately, and receivers that nothing reaches" },
    {
      command: "berth alert list --json | jq -r '.active[] | select(.state == \"firing\") | .summary'",
      does: "what is told, a line each",
    },
  ],
  async run({ client, input: { pending, recent } }) {
    return { list: await (await client()).call(listAlerts, { query: { recent } }), pending };
  },
  present: ({ list }) => list,
  render({ list, pending }, options) {
    const active = list.active.filter(({ state }) => pending || state === "firing");
    return [
      ...activeAlertLines(active, options),
      ...recentAlertLines(list.recent, options),
      ...receiverLines(list.receivers, options),
    ];
  },
});
