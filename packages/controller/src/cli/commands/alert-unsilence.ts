import { endSilence } from "@berth/shared/api/alerts";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { matcherText } from "../render/alert.ts";

export default defineCommand({
  details: "What it kept from being told, and still lasts, is told at once.",
  arguments: { id: { description: "Number of the silence, as `berth alert silences` shows it" } },
  examples: [{ command: "berth alert unsilence 3", does: "end silence 3 before its time" }],
  async run({ client, input }) {
    if (!/^[1-9]\d{0,14}$/.test(input.id)) throw usageError(`'${input.id}' is no number of a silence.`);
    return (await client()).call(endSilence, { params: { id: Number(input.id) } });
  },
  render: ({ id, matchers }) => [`Ended silence ${id} of ${matcherText(matchers)}.`],
});
