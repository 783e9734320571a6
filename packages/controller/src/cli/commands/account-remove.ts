import { removeAccount } from "@berth/shared/api/accounts";
import { defineCommand } from "../define-command.ts";
import { noAdminLines } from "../render/account.ts";

export default defineCommand({
  details:
    "Its logins end at once. The last admin may go too: whoever may open the controller's Unix socket is one without an account.",
  arguments: { name: { description: "Name of the account", completes: "account" } },
  examples: [{ command: "berth account remove anna", does: "anna can do nothing any more" }],
  async run({ client, input, note }) {
    const removed = await (await client()).call(removeAccount, { params: { name: input.name } });
    note(...noAdminLines(removed.admins));
    return removed;
  },
  render: ({ name }) => [`Removed account ${name}; its logins have ended.`],
});
