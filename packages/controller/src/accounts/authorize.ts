import type { Account, Role } from "@berth/shared/api/accounts";
import { BerthError } from "@berth/shared/errors";

/** Each role may do what the ones before it may; a tenant may look at its own, no more (scope.ts). */
const ranks: Record<Role, number> = { tenant: 0, viewer: 1, operator: 2, admin: 3 };

export function isAtLeast(role: Role, needed: Role): boolean {
  return ranks[role] >= ranks[needed];
}

/** Throws `forbidden` unless the account's role is at least the one needed. */
export function authorize(needed: Role, account: Account): void {
  if (isAtLeast(account.role, needed)) return;
  throw new BerthError(
    "forbidden",
    `This needs the role '${needed}'; account '${account.name}' has '${account.role}'`,
    {
      hint: "Ask an admin for another role: 'berth account set'.",
    },
  );
}
