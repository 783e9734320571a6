import { listBackups } from "@berth/shared/api/backups";
import { defineCommand } from "../define-command.ts";
import { backupLines, lateLines } from "../render/backup.ts";

export default defineCommand({
  details:
    "SIZE is what was backed up, ADDED what the repository has grown by. VERIFIED is how long ago its repository was read " +
    "whole, PROVEN how long ago all of it was restored with success. Backups of a tenant that was removed stay listed.\n\n" +
    'With --json: {"backups": […], "late": [{"owner", "dueAt"}]}.',
  arguments: { name: { description: "Only of this tenant or instance", optional: true, completes: "tenant" } },
  examples: [
    { command: "berth backup list", does: "every backup, the newest first, and whose are late" },
    { command: "berth backup list user1", does: "those that user1, or one of its instances, is in" },
  ],
  run: async ({ client, input: { name } }) =>
    (await client()).call(listBackups, { query: name === undefined ? {} : { of: name } }),
  render: ({ backups, late }, options) => [...backupLines(backups, options), ...lateLines(late, options)],
});
