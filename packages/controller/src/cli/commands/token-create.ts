import { accessTokenDays, createAccessToken } from "@berth/shared/api/access-tokens";
import { tokenRoleSchema } from "@berth/shared/api/accounts";
import { defineCommand } from "../define-command.ts";

export default defineCommand({
  details:
    "The token goes to stdout, once, and only its hash is kept: put it where the script finds it, and nobody else. It may " +
    "do what its role says, as long as its account may do it, too; it ends by itself, with its account, and with a new " +
    "password of the account. Programs send it as `Authorization: Bearer TOKEN`, commands take it from BERTH_TOKEN.",
  arguments: { name: { description: "What it is for, such as the script's name" } },
  options: {
    account: {
      kind: "text",
      value: "ACCOUNT",
      completes: "account",
      description: "In whose name (default: yours; over the Unix socket nobody's, so that one is to be named)",
    },
    role: {
      kind: "choice",
      value: "ROLE",
      choices: tokenRoleSchema.options,
      description: "What it may do (default: what the account may)",
    },
    days: {
      kind: "integer",
      value: "DAYS",
      minimum: 1,
      maximum: accessTokenDays.maximum,
      default: accessTokenDays.default,
      description: "How long it is good for",
    },
  },
  examples: [
    { command: "berth token create ci --role viewer > ci.token", does: "for a script that only looks" },
    {
      command: "berth token create deploy --account anna --role operator --days 30 | pass insert -e berth/deploy",
      does: "in anna's name, kept by a password manager",
    },
  ],
  async run({ client, input, note }) {
    const { name, account, role, days } = input;
    const body = { name, days, ...(account === undefined ? {} : { account }), ...(role === undefined ? {} : { role }) };
    const made = await (await client()).call(createAccessToken, { body });
    note(`Access token ${made.name} of account ${made.account}, role ${made.role}, until ${made.expiresAt}:`);
    return made;
  },
  render: ({ token }) => [token],
});
