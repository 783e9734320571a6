import { revealRecoveryKey, rotateRecoveryKey } from "@berth/shared/api/recovery";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";

export default defineCommand({
  details:
    "Prints the key that opens the controller's backups, as a file of age has it; it needs the role admin, and an event " +
    "tells who looked. Keep it where neither the controller nor the backup target is: with it and a backup, everything is " +
    "opened; without it, nothing. With --rotate the backups from now on are opened by another one; those that are there " +
    "keep theirs, which --version N shows.",
  options: {
    rotate: { kind: "flag", description: "Make another one, and print that" },
    version: { kind: "integer", value: "N", minimum: 1, maximum: 1_000_000, description: "An earlier one" },
  },
  examples: [
    { command: "berth controller recovery-key > recovery-key.txt", does: "keep this file in a safe place" },
    { command: "berth controller recovery-key --rotate", does: "when somebody else has seen it" },
  ],
  async run({ client, input: { rotate, version } }) {
    if (rotate && version !== undefined) throw usageError("--rotate and --version exclude each other.");
    const controller = await client();
    if (rotate) return controller.call(rotateRecoveryKey, { body: {} });
    return controller.call(revealRecoveryKey, { body: version === undefined ? {} : { version } });
  },
  render: ({ fleet, version, recipient, identity }) => [
    `# Recovery key of the Berth controller${fleet === null ? "" : ` of ${fleet}`}, version ${version}`,
    `# public key: ${recipient}`,
    identity,
  ],
});
