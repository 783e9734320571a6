import { getBackup } from "@berth/shared/api/backups";
import { listProofs } from "@berth/shared/api/drills";
import { defineCommand } from "../define-command.ts";
import { backupProperties } from "../render/backup.ts";
import { proofLines } from "../render/proof.ts";

export default defineCommand({
  details:
    "What was proven of it, by a drill or by a restore, stands below its parts: `data` came back and were counted; with " +
    "`service`, the service was healthy over them, too.\n\n" +
    'With --json: the backup, with "proofs": […].',
  arguments: { id: { description: "Id of the backup, as `berth backup list` shows it" } },
  examples: [
    { command: "berth backup show user1-20261124-020000-3f2a", does: "its parts with their sizes and counts" },
  ],
  async run({ client, input: { id } }) {
    const controller = await client();
    const backup = await controller.call(getBackup, { params: { id } });
    return { ...backup, ...(await controller.call(listProofs, { query: { backup: id } })) };
  },
  render: ({ proofs, ...backup }, options) => [...backupProperties(backup, options), ...proofLines(proofs, options)],
});
