import { releaseInstance } from "@berth/shared/api/upgrades";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import { defineCommand } from "../define-command.ts";
import { printableLine } from "../render/printable.ts";
import { planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details: "It stays on its version until the next upgrade of its service.",
  arguments: { instance: { description: "Instance: user2-n8n", completes: "instance" } },
  examples: [{ command: "berth upgrade release user2-n8n", does: "user2's n8n goes along with the others again" }],
  async run({ client, input: { instance } }) {
    const body = { instance, dryRun: false };
    const { version } = await (await client()).call(releaseInstance, { body, deadlineSeconds: planDeadlineSeconds });
    return { instance, version };
  },
  render: ({ instance, version }) => [
    `${printableLine(instance)} is no longer held at ${printableLine(shortDigests(version))}.`,
  ],
});
