/** Accounts as a table. Pure. */
import type { Account } from "@berth/shared/api/accounts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

export function accountLines(accounts: readonly Account[], style: Style): string[] {
  if (accounts.length === 0) return ["No accounts. Make one with `berth account set NAME --role ROLE`."];
  return table(
    accounts,
    [
      { title: "ACCOUNT", value: (account) => account.name },
      { title: "ROLE", value: (account) => account.role },
      { title: "TENANT", value: (account) => account.tenant },
    ],
    style,
  );
}

/** What to know when no account is an admin: nobody is locked out, but the way in is another one. */
export function noAdminLines(admins: number): string[] {
  if (admins > 0) return [];
  return [
    "No account is an admin now. Whoever may open the controller's Unix socket still is, and can make one there.",
  ];
}
