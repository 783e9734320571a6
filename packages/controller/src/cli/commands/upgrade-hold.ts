import { holdInstance } from "@berth/shared/api/upgrades";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import { defineCommand } from "../define-command.ts";
import { printableLine } from "../render/printable.ts";
import { changeFailure, changeLines, followChange, planDeadlineSeconds } from "../runs/carry-out.ts";

export default defineCommand({
  details:
    "Writes `hold: true` and the version beside it into the desired state: `berth upgrade` and automatic upgrades pass the " +
    "instance by. With --version it is moved there, as `berth apply` would. Take both into your fleet file as well, or the " +
    "next `berth apply` of it ends the hold.",
  arguments: { instance: { description: "Instance: user2-n8n", completes: "instance" } },
  options: {
    version: { kind: "text", value: "VERSION", description: "Version to stay on (default: the one that it runs)" },
  },
  examples: [{ command: "berth upgrade hold user2-n8n", does: "user2's n8n stays as it is" }],
  async run({ input: { instance, version }, ...context }) {
    const body = { instance, ...(version === undefined ? {} : { version }), dryRun: false };
    const client = await context.client();
    const held = await client.call(holdInstance, { body, deadlineSeconds: planDeadlineSeconds });
    return { ...(await followChange(context, held, { detach: false })), instance, version: held.version };
  },
  render: (changed, options) => [
    ...(changed.run === null ? [] : changeLines(changed, options)),
    `${printableLine(changed.instance)} is held at ${printableLine(shortDigests(changed.version))}.`,
  ],
  failure: changeFailure,
});
