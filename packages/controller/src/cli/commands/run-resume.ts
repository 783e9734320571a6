import { resumeRun } from "@berth/shared/api/runs";
import { defineCommand } from "../define-command.ts";
import { runSummaryLines } from "../render/run-summary.ts";
import { parseRunId } from "../run-id.ts";
import { detachedLines, followRun, runFailure } from "../runs/follow-run.ts";

export default defineCommand({
  arguments: { id: { description: "Number of the run", completes: "run" } },
  options: { detach: { kind: "flag", short: "d", description: "Leave the run to itself" } },
  examples: [{ command: "berth run resume 12", does: "try again what failed in run 12" }],
  async run({ input, ...context }) {
    const id = parseRunId(input.id);
    const run = await (await context.client()).call(resumeRun, { params: { id } });
    if (!input.detach) return followRun(context, run);
    context.note(...detachedLines(run.id));
    return run;
  },
  render: (run, { style, now }) => runSummaryLines(run, now, style),
  failure: runFailure,
});
