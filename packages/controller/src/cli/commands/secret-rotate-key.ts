import { rotateSecretKey } from "@berth/shared/api/secrets";
import { defineCommand } from "../define-command.ts";
import { count } from "../render/text.ts";

/** Every secret is encrypted anew before the answer comes. */
const deadlineSeconds = 120;

export default defineCommand({
  details:
    "The values stay as they are; what encrypts them in the controller's inventory is replaced, in the key file of the " +
    "state directory or the one that BERTH_SECRET_KEY_FILE names. Copies of the inventory from before still need the old " +
    "key: keep it with them, or throw both away.",
  examples: [{ command: "berth secret rotate-key", does: "after somebody could have read the key" }],
  run: async ({ client }) => (await client()).call(rotateSecretKey, { deadlineSeconds }),
  render: ({ secrets }) => [
    `${count(secrets, "value")} encrypted with a new key. Older copies of the inventory need the old one.`,
  ],
});
