import { roleSchema, setAccount } from "@berth/shared/api/accounts";
import { defineCommand } from "../define-command.ts";
import { readPassword } from "../prompt.ts";

export default defineCommand({
  arguments: { name: { description: "Name of the account" } },
  options: {
    role: {
      kind: "choice",
      value: "ROLE",
      choices: roleSchema.options,
      required: true,
      description: "What it may do",
    },
    tenant: { kind: "text", value: "TENANT", description: "The tenant it sees, for the role tenant" },
    passwordFile: {
      kind: "text",
      value: "FILE",
      completes: "file",
      description: "File with the password, - for stdin (default: asked for); 12 characters or more",
    },
  },
  examples: [
    { command: "berth account set anna --role operator", does: "asks for the password" },
    {
      command: "pass berth/user1 | berth account set user1 --role tenant --tenant user1 --password-file -",
      does: "an account that sees one tenant",
    },
  ],
  async run({ client, input, terminal }) {
    const password = await readPassword(terminal, input.passwordFile, `Password for ${input.name}: `);
    return (await client()).call(setAccount, {
      params: { name: input.name },
      body: { role: input.role, tenant: input.tenant ?? null, password },
    });
  },
  render: ({ name, role, tenant }) => [
    `Account ${name} has the role ${role}${tenant === null ? "" : ` for ${tenant}`}.`,
  ],
});
