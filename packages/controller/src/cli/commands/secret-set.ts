import { setSecret } from "@berth/shared/api/secrets";
import { alertSecretScope } from "@berth/shared/fleet/alert-receivers";
import { remoteWriteSecretName } from "@berth/shared/fleet/metrics";
import { defineCommand } from "../define-command.ts";
import { readSecretValue } from "../prompt.ts";

export default defineCommand({
  details:
    "For a value that exists elsewhere, such as the encryption key of an n8n whose data were taken over. It is asked for, " +
    "or read from a file, where a line break at the end does not count; never from an argument, which shows in process " +
    "lists. Instances get it with the next `berth apply`. What is encrypted with the present value would be lost: then " +
    "--force is needed.",
  arguments: { name: { description: "Name of the secret: user1-n8n/encryptionKey", completes: "secret" } },
  options: {
    fromFile: { kind: "text", value: "FILE", completes: "file", description: "File with the value, - for stdin" },
    force: { kind: "flag", description: "Although data are encrypted with the present value" },
  },
  examples: [
    { command: "berth secret set user1-n8n/encryptionKey", does: "ask for it" },
    { command: "pass n8n/key | berth secret set user1-n8n/encryptionKey --from-file -", does: "from a password store" },
  ],
  async run({ client, terminal, input: { name, fromFile, force } }) {
    const value = await readSecretValue(terminal, fromFile, `Value of ${name}: `);
    return (await client()).call(setSecret, { params: { name }, body: { value, force } });
  },
  render({ name, version, changed, usedBy }) {
    if (!changed) return [`${name} has this value already.`];
    const [scope, receiver] = name.split("/");
    if (scope === alertSecretScope)
      return [
        `${name} has a new value (version ${version}). \`berth alert test ${receiver}\` sends a message with it.`,
      ];
    if (name === remoteWriteSecretName)
      return [`${name} has a new value (version ${version}). The next moment goes there.`];
    if (usedBy.length === 0) return [`${name} has a new value (version ${version}). Nothing uses it yet.`];
    return [`${name} has a new value (version ${version}). \`berth apply\` brings it to ${usedBy.join(", ")}.`];
  },
});
