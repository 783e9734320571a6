import { getBackup } from "@berth/shared/api/backups";
import { defineCommand } from "../define-command.ts";
import { backupProperties } from "../render/backup.ts";

export default defineCommand({
  arguments: { id: { description: "Id of the backup, as `berth backup list` shows it" } },
  examples: [
    { command: "berth backup show user1-20261124-020000-3f2a", does: "its parts with their sizes and counts" },
  ],
  run: async ({ client, input: { id } }) => (await client()).call(getBackup, { params: { id } }),
  render: backupProperties,
});
