import { listAlerts } from "@berth/shared/api/alerts";
import { defineCommand } from "../define-command.ts";
import { silenceLines } from "../render/alert.ts";

export default defineCommand({
  details: 'With --json: {"silences": [{"id", "matchers", "comment", "account", "createdAt", "endsAt"}]}.',
  examples: [{ command: "berth alert silences", does: "what nobody is told of, until when, and why" }],
  async run({ client }) {
    const { silences } = await (await client()).call(listAlerts, { query: { recent: 0 } });
    return { silences };
  },
  render: ({ silences }, options) => silenceLines(silences, options),
});
