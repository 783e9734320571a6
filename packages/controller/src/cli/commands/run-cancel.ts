import { cancelRun } from "@berth/shared/api/runs";
import { defineCommand } from "../define-command.ts";
import { runSummaryLines } from "../render/run-summary.ts";
import { parseRunId } from "../run-id.ts";

export default defineCommand({
  details: "Steps that run are told to stop, those that wait are not begun. What is done stays done.",
  arguments: { id: { description: "Number of the run", completes: "run" } },
  examples: [{ command: "berth run cancel 12", does: "cancel run 12" }],
  async run({ client, input }) {
    const id = parseRunId(input.id);
    return (await client()).call(cancelRun, { params: { id } });
  },
  render: (run, { style, now }) => runSummaryLines(run, now, style),
});
