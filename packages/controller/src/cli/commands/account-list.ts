import { listAccounts } from "@berth/shared/api/accounts";
import { defineCommand } from "../define-command.ts";
import { accountLines } from "../render/account.ts";

export default defineCommand({
  details:
    "Whoever may open the controller's Unix socket is an admin without an account.\n\n" +
    'With --json: {"accounts": [{"name", "role", "tenant"}]}.',
  examples: [{ command: "berth account list", does: "who may log in, and as what" }],
  run: async ({ client }) => (await client()).call(listAccounts, {}),
  render: ({ accounts }, { style }) => accountLines(accounts, style),
});
