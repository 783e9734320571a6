import { listAccounts, roleSchema, setAccount } from "@berth/shared/api/accounts";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { readPassword } from "../prompt.ts";
import { noAdminLines } from "../render/account.ts";

export default defineCommand({
  details:
    "A new account needs a role, and its password is asked for. Of an account that exists, --role alone changes the role " +
    "and keeps the password and the logins; without --role, or with --password, a new password is asked for. " +
    "A new password ends the account's logins. With --role tenant it sees what is that tenant's, and nothing else; it ends with the tenant.",
  arguments: { name: { description: "Name of the account", completes: "account" } },
  options: {
    role: { kind: "choice", value: "ROLE", choices: roleSchema.options, description: "What it may do" },
    tenant: {
      kind: "text",
      value: "TENANT",
      description: "Whose account it is, with --role tenant",
      completes: "tenant",
    },
    password: { kind: "flag", description: "Ask for a new password although the role alone could change" },
    passwordFile: {
      kind: "text",
      value: "FILE",
      completes: "file",
      description: "File with the password, - for stdin; 12 characters or more",
    },
  },
  examples: [
    { command: "berth account set anna --role operator", does: "make an account, or change what it may do" },
    { command: "berth account set anna", does: "give anna a new password" },
    { command: "berth account set tina --role tenant --tenant user1", does: "let user1 see its own instances" },
    {
      command: "pass berth/ci | berth account set ci --role viewer --password-file -",
      does: "an account for a script, without a terminal",
    },
  ],
  async run({ client, input, terminal, note }) {
    const controller = await client();
    const { accounts } = await controller.call(listAccounts, {});
    const isNew = accounts.every(({ name }) => name !== input.name);
    if (isNew && input.role === undefined) {
      throw usageError(
        `There is no account '${input.name}', and a new one needs a role.`,
        `Give it with --role: ${roleSchema.options.join(", ")}.`,
      );
    }
    const setsPassword =
      isNew ||
      (input.role === undefined && input.tenant === undefined) ||
      input.password ||
      input.passwordFile !== undefined;
    const password = setsPassword
      ? await readPassword(terminal, input.passwordFile, `Password for ${input.name}: `)
      : undefined;
    const answer = await controller.call(setAccount, {
      params: { name: input.name },
      body: {
        ...(input.role === undefined ? {} : { role: input.role }),
        ...(input.tenant === undefined ? {} : { tenant: input.tenant }),
        ...(password === undefined ? {} : { password }),
      },
    });
    note(...noAdminLines(answer.admins));
    return { ...answer, passwordChanged: setsPassword && !isNew };
  },
  render: ({ name, role, tenant, passwordChanged }) => [
    `Account ${name} has the role ${role}${tenant === null ? "" : `, of ${tenant}`}${passwordChanged ? " and a new password; its logins have ended" : ""}.`,
  ],
});
