import { drillBackups } from "@berth/shared/api/drills";
import { allOption, subjectArgument } from "../backup-subject.ts";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "The newest complete backup is restored into throw-away stores on the node of each instance, on a network that leads " +
    "nowhere; rows, points, objects and files are counted, and the service is started over them and must become healthy. " +
    "Then all of it is removed. What runs is not touched. `berth backup show` tells what was proven.\n\n" +
    "Without a name, one of each kind is drilled: the shared services, and the tenant that was proven longest ago. " +
    "`backups.drill` of the fleet file does that every week.\n\n" +
    'With --json: {"operations": […], "warnings": […], "run": {…}}; with --plan, run is null.',
  arguments: { name: subjectArgument },
  options: {
    all: allOption,
    plan: { kind: "flag", description: "Show what would be drilled, and change nothing" },
    detach: detachOption,
  },
  examples: [
    { command: "berth backup drill", does: "prove one backup of each kind" },
    { command: "berth backup drill user1-n8n", does: "prove the newest backup of one instance" },
    { command: "berth backup drill --all --plan", does: "what a drill of everything would restore" },
  ],
  async run({ input, ...context }) {
    if (input.all && input.name !== undefined)
      throw usageError("Either a tenant or an instance is drilled, or everything.", "Leave out the name, or --all.");
    const changed = await (
      await context.client()
    ).call(drillBackups, {
      body: { of: input.name ?? null, all: input.all, dryRun: input.plan },
      deadlineSeconds: planDeadlineSeconds,
    });
    return followChange(context, changed, input);
  },
  render: changeLines,
  failure: changeFailure,
});
