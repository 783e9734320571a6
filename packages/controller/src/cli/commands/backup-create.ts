import { createBackup } from "@berth/shared/api/backups";
import { allOption, subjectArgument } from "../backup-subject.ts";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { changeFailure, changeLines, detachOption, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "Of a tenant: its instances with their databases, collections and volumes, and its buckets. An instance whose format " +
    "demands it is stopped meanwhile; the others run on. Each owner has an encrypted repository of its own, and what is " +
    "there already is not sent again. docs/backups.md says what is in a backup and what is not.\n\n" +
    'With --json: {"operations": […], "warnings": […], "run": {…}}; with --plan, run is null.',
  arguments: { name: subjectArgument },
  options: {
    all: allOption,
    plan: { kind: "flag", description: "Show what would be backed up, and change nothing" },
    detach: detachOption,
  },
  examples: [
    { command: "berth backup create user1", does: "everything that the tenant has" },
    { command: "berth backup create shared-neo4j", does: "one instance" },
    { command: "berth backup create --all --plan", does: "what a backup of everything would do" },
  ],
  async run({ input, ...context }) {
    if (input.all === (input.name !== undefined)) {
      throw usageError("Either a tenant or an instance is backed up, or everything.", "Name one, or give --all.");
    }
    const changed = await (
      await context.client()
    ).call(createBackup, {
      body: { of: input.name ?? null, dryRun: input.plan },
      deadlineSeconds: planDeadlineSeconds,
    });
    return followChange(context, changed, input);
  },
  render: changeLines,
  failure: changeFailure,
});
