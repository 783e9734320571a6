import { pruneBackups } from "@berth/shared/api/backups";
import { defineCommand } from "../define-command.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "What `backups.keep` of the fleet file says: the last backup of so many days, weeks and months. The newest complete one " +
    "of each stays in any case, and so does the final one of a tenant that was removed. The schedule does the same after " +
    "each of its backups.",
  options: {
    plan: { kind: "flag", description: "Show what would go, and remove nothing" },
    detach: detachOption,
  },
  examples: [
    { command: "berth backup prune --plan", does: "how many backups of whom are no longer kept" },
    { command: "berth backup prune", does: "remove them, and the data that nothing else needs" },
  ],
  async run({ input, ...context }) {
    const changed = await (
      await context.client()
    ).call(pruneBackups, { body: { dryRun: input.plan }, deadlineSeconds: planDeadlineSeconds });
    return followChange(context, changed, input);
  },
  render: changeLines,
  failure: changeFailure,
});
