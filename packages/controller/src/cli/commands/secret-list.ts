import { listSecrets } from "@berth/shared/api/secrets";
import { defineCommand } from "../define-command.ts";
import { secretLines } from "../render/secret.ts";

export default defineCommand({
  details:
    "Values are never shown here. ROTATES says how a secret gets a new value: by another login of its database (login), " +
    "at the server of its superuser (server), by replacing the instance (replace), beside the former one (router), or not " +
    "at all (no). `berth secret show NAME` says why not, and names what uses it.\n\n" +
    'With --json: {"secrets": [{"name", "version", "createdAt", "kept", "usedBy", "rotation", "note"}]}.',
  arguments: { of: { description: "An instance or a tenant", optional: true, completes: "instance" } },
  examples: [
    { command: "berth secret list", does: "every secret with its age and what uses it" },
    { command: "berth secret list user1", does: "those of a tenant" },
  ],
  run: async ({ client, input }) =>
    (await client()).call(listSecrets, { query: input.of === undefined ? {} : { of: input.of } }),
  render: ({ secrets }, { style, now }) => secretLines(secrets, now, style),
});
