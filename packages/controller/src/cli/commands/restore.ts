import { restoreBackup } from "@berth/shared/api/backups";
import { confirmName } from "../confirm-name.ts";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { changeFailure, changeLines, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "What is there is backed up first, and replaced then: the newest complete backup's, or that of the time or id. Each " +
    "instance is stopped while its data are replaced. A part that fails leaves what was there, and the run tells which. " +
    "A tenant that was removed is added again first; its data come back with the keys that they are encrypted with.",
  arguments: { name: { description: "Tenant, or one instance", completes: "tenant" } },
  options: {
    at: { kind: "text", value: "TIME", description: "The newest backup of this time or before: 2026-11-24T02:00Z" },
    backup: { kind: "text", value: "ID", description: "This very backup" },
    noBackupFirst: { kind: "flag", description: "What is there is not worth a backup" },
    plan: { kind: "flag", description: "Show what would be replaced, and replace nothing" },
    yes: { kind: "flag", short: "y", description: "Without asking for the name; needed where there is no terminal" },
    detach: { kind: "flag", short: "d", description: "Start the run and leave it to itself" },
  },
  examples: [
    { command: "berth restore user1-n8n", does: "show what its last backup replaces, and ask for the name" },
    { command: "berth restore user1 --at 2026-11-20T12:00Z --plan", does: "what a tenant would go back to" },
    { command: "berth restore user1 --backup user1-20261124-020000-3f2a --yes", does: "from a script" },
  ],
  async run({ input, ...context }) {
    const at = input.at === undefined ? undefined : readTime(input.at, context.terminal.now());
    const client = await context.client();
    const request = (dryRun: boolean) =>
      client.call(restoreBackup, {
        body: {
          of: input.name,
          ...(input.backup === undefined ? {} : { backup: input.backup }),
          ...(at === undefined ? {} : { at }),
          backupFirst: !input.noBackupFirst,
          dryRun,
        },
        deadlineSeconds: planDeadlineSeconds,
      });
    if (input.plan) return followChange(context, await request(true), input);
    const asks = !input.yes;
    if (asks) {
      await confirmName(context, {
        name: input.name,
        plan: (await request(true)).plan,
        does: `replaces what ${input.name} has`,
        verb: "restore",
        fate: input.noBackupFirst ? "What is there now is gone then." : "What is there now is backed up first.",
        question: `Type ${input.name} to replace what it has: `,
      });
    }
    return followChange(context, await request(false), { detach: input.detach, planShown: asks });
  },
  render: changeLines,
  failure: changeFailure,
});

/** ISO 8601 in UTC. A time without a zone is the terminal's. */
function readTime(text: string, now: number): string {
  const time = Date.parse(text);
  if (Number.isNaN(time) || !/^\d{4}-/.test(text))
    throw usageError(`'${text}' is not a time.`, `Write it as ${new Date(now).toISOString().slice(0, 16)}Z.`);
  return new Date(time).toISOString();
}
