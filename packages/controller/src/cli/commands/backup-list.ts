import { listBackups } from "@berth/shared/api/backups";
import { listControllerBackups } from "@berth/shared/api/recovery";
import { unlessForbidden } from "../client/unless-forbidden.ts";
import { defineCommand } from "../define-command.ts";
import { backupLines, lateLines } from "../render/backup.ts";
import { controllerBackupLines } from "../render/controller-backup.ts";

export default defineCommand({
  details:
    "SIZE is what was backed up, ADDED what the repository has grown by. VERIFIED is how long ago its repository was read " +
    "whole, PROVEN how long ago all of it was restored with success. Backups of a tenant that was removed stay listed.\n\n" +
    'With --json: {"backups": […], "late": [{"owner", "dueAt"}], "controller": {"place", "backups", "recoveryKey", ' +
    '"warnings"}}; controller, its own backups, is null when a name is given.',
  arguments: { name: { description: "Only of this tenant or instance", optional: true, completes: "tenant" } },
  examples: [
    { command: "berth backup list", does: "every backup, the newest first, and whose are late" },
    { command: "berth backup list user1", does: "those that user1, or one of its instances, is in" },
  ],
  async run({ client, input: { name } }) {
    const controller = await client();
    if (name !== undefined)
      return { ...(await controller.call(listBackups, { query: { of: name } })), controller: null };
    const [listed, own] = await Promise.all([
      controller.call(listBackups, { query: {} }),
      unlessForbidden(controller.call(listControllerBackups, {}), null),
    ]);
    return { ...listed, controller: own };
  },
  render: ({ backups, late, controller }, options) => [
    ...backupLines(backups, options),
    ...lateLines(late, options),
    ...(controller === null ? [] : controllerBackupLines(controller, options)),
  ],
});
