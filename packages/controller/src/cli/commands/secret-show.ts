import { getSecret, revealSecret } from "@berth/shared/api/secrets";
import { defineCommand } from "../define-command.ts";
import { secretProperties } from "../render/secret.ts";

export default defineCommand({
  details:
    "With --reveal nothing but the value is printed, for a pipe or a person; it needs the role admin, and an event tells " +
    'who looked. With --json and --reveal: {"name", "version", "value"}.',
  arguments: { name: { description: "Name of the secret: user1-n8n/database", completes: "secret" } },
  options: { reveal: { kind: "flag", description: "Print the value" } },
  examples: [
    { command: "berth secret show user1-n8n/database", does: "version, age, and what uses it" },
    { command: "berth secret show shared-neo4j/password --reveal", does: "the password to log in with" },
  ],
  async run({ client, input: { name, reveal } }) {
    const controller = await client();
    return reveal
      ? controller.call(revealSecret, { params: { name } })
      : controller.call(getSecret, { params: { name } });
  },
  render: (secret, { style, now }) => ("value" in secret ? [secret.value] : secretProperties(secret, now, style)),
});
