import { verifyBackups } from "@berth/shared/api/backups";
import { defineCommand } from "../define-command.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "Every byte of the repository is read and checked: it takes as long as the target takes to send it. Backups that it " +
    "no longer holds are shown as lost from then on. Nothing is repaired. That a backup comes back is proven by a restore alone.",
  arguments: {
    owner: {
      description: "Tenant or shared instance; left out: every repository",
      optional: true,
      completes: "tenant",
    },
  },
  options: {
    plan: { kind: "flag", description: "Show what would be read, and read nothing" },
    detach: detachOption,
  },
  examples: [
    { command: "berth backup verify", does: "every repository" },
    { command: "berth backup verify user1", does: "that of one tenant" },
  ],
  async run({ input, ...context }) {
    const changed = await (
      await context.client()
    ).call(verifyBackups, {
      body: { owner: input.owner ?? null, dryRun: input.plan },
      deadlineSeconds: planDeadlineSeconds,
    });
    return followChange(context, changed, input);
  },
  render: changeLines,
  failure: changeFailure,
});
