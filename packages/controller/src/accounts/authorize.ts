import type { Account, Role } from "@berth/shared/api/accounts";
import { BerthError } from "@berth/shared/errors";

/** Each role may do what the ones before it may; a tenant may look at its own, no more (scope.ts). */
const ranks: Record<Role, number> = { tenant: 0, viewer: 1, operator: 2, admin: 3 };

export function isAtLeast(role: Role, needed: Role): boolean {
  return ranks[role] >= ranks[needed];
}

/**
 * Throws `forbidden` unless the account's role is at least the one needed. `byAccessToken`: it is let in by one, which may
 * be less than the account.
 */
export function authorize(needed: Role, account: Account, { byAccessToken = false } = {}): void {
  if (isAtLeast(account.role, needed)) return;
  if (byAccessToken) {
    throw new BerthError(
      "forbidden",
      `This needs the role '${needed}'; the access token of account '${account.name}' has '${account.role}'`,
      { hint: `Take one that may do more, as far as its account may: \`berth token create NAME --role ${needed}\`` },
    );
  }
  throw new BerthError(
    "forbidden",
    `This needs the role '${needed}'; account '${account.name}' has '${account.role}'`,
    {
      hint: "Ask an admin for another role: 'berth account set'.",
    },
  );
}
