import type { Account } from "@berth/shared/api/accounts";

/** Whether the account may do what changes no desired state: restart, cancel, silence. The controller decides anyway. */
export function mayOperate({ role }: Pick<Account, "role">): boolean {
  return role === "admin" || role === "operator";
}

/** Whether it may change the desired state. */
export function mayAdminister({ role }: Pick<Account, "role">): boolean {
  return role === "admin";
}
