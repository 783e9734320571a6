import { testAlerts } from "@berth/shared/api/alerts";
import { BerthError } from "@berth/shared/errors";
import { defineCommand } from "../define-command.ts";
import { testResultLines } from "../render/alert.ts";

export default defineCommand({
  details:
    "The message says that it is a test. It ends with exit code 8 when one does not take it.\n\n" +
    'With --json: {"results": [{"receiver", "delivered", "answer", "milliseconds"}]}.',
  arguments: { receiver: { description: "Its name in the fleet file (default: each of them)", optional: true } },
  examples: [
    { command: "berth alert test", does: "a message to each receiver of the fleet file" },
    { command: "berth alert test ops", does: "to one, and what it answered" },
  ],
  async run({ client, input: { receiver } }) {
    return (await client()).call(testAlerts, { body: { receiver: receiver ?? null } });
  },
  render: ({ results }, options) => testResultLines(results, options),
  failure({ results }) {
    const failed = results.filter(({ delivered }) => !delivered).map(({ receiver }) => receiver);
    if (failed.length === 0) return undefined;
    return new BerthError("store.failed", `${failed.join(", ")} did not take the message`);
  },
});
