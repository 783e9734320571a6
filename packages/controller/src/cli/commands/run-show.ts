import { getRun } from "@berth/shared/api/runs";
import { defineCommand } from "../define-command.ts";
import { runStepsLines } from "../render/run-steps.ts";
import { runSummaryLines } from "../render/run-summary.ts";
import { parseRunId } from "../run-id.ts";
import { followRun, runFailure } from "../runs/follow-run.ts";

export default defineCommand({
  details:
    "Below a step that took five seconds or more stands what that time went into, where that is known: pull, stop, copy, start, wait until healthy and the like. " +
    'With --json, each step\'s "phases" are told in full: [{"name", "target", "startMilliseconds", "milliseconds"}], a phase\'s start counted from its step\'s.',
  arguments: { id: { description: "Number of the run", completes: "run" } },
  options: {
    follow: { kind: "flag", short: "f", description: "Show how it goes until it ends, and end as it does" },
  },
  examples: [
    { command: "berth run show 12", does: "the steps of run 12" },
    { command: "berth run show 12 --follow", does: "watch it again after Ctrl-C or --detach" },
  ],
  async run({ input, ...context }) {
    const id = parseRunId(input.id);
    const run = await (await context.client()).call(getRun, { params: { id } });
    return input.follow ? { followed: true, run: await followRun(context, run) } : { followed: false, run };
  },
  render({ run }, options) {
    return [...runStepsLines(run, options), ...runSummaryLines(run, options.now, options.style)];
  },
  failure: ({ followed, run }) => (followed ? runFailure(run) : undefined),
});
