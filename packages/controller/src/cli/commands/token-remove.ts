import { removeAccessToken } from "@berth/shared/api/access-tokens";
import { whoAmI } from "@berth/shared/api/accounts";
import { defineCommand } from "../define-command.ts";

export default defineCommand({
  details: "Whoever has it can do nothing with it any more.",
  arguments: { name: { description: "Name of the token" } },
  options: {
    account: { kind: "text", value: "ACCOUNT", completes: "account", description: "Whose it is (default: yours)" },
  },
  examples: [
    { command: "berth token remove ci", does: "end a token of your own" },
    { command: "berth token remove deploy --account anna", does: "as an admin, end one of anna's" },
  ],
  async run({ client, input }) {
    const controller = await client();
    const account = input.account ?? (await controller.call(whoAmI, {})).name;
    return controller.call(removeAccessToken, { params: { account, name: input.name } });
  },
  render: ({ account, name }) => [`Ended access token ${name} of account ${account}.`],
});
