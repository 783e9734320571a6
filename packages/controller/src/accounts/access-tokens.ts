/** Access tokens: an account's way in for a script, which can be less than the account may do, ends, and can be ended. */
import { randomBytes } from "node:crypto";
import type { AccessToken } from "@berth/shared/api/access-tokens";
import type { Account, Role, TokenRole } from "@berth/shared/api/accounts";
import { BerthError } from "@berth/shared/errors";
import {
  deleteAccessToken,
  findAccessToken,
  insertAccessToken,
  noteAccessTokenUse,
  selectAccessTokens,
} from "../inventory/access-tokens.ts";
import { findAccount, listAccounts } from "../inventory/accounts.ts";
import type { Inventory } from "../inventory/database.ts";
import { authorize, isAtLeast } from "./authorize.ts";
import { hashToken } from "./token-hash.ts";

export interface NewAccessToken {
  name: string;
  /** Left out: of the one that asks. */
  account?: string | undefined;
  /** Left out: as much as both the account and the one that asks may do. */
  role?: TokenRole | undefined;
  days: number;
}

export interface AccessTokens {
  /**
   * `token` is nowhere else: only its hash is kept. Throws `forbidden` for another's account unless an admin asks, and for
   * a role above what the account or the one that asks has; `not-found` for no account; `conflict` for a name in use.
   */
  create: (request: NewAccessToken, by: Account) => Promise<AccessToken & { token: string }>;
  /** Those of the one that asks; an admin sees all. */
  list: (by: Account) => Promise<AccessToken[]>;
  /** Throws `forbidden` for another's unless an admin asks; `not-found` when there is none. */
  remove: (which: Pick<AccessToken, "account" | "name">, by: Account) => Promise<void>;
  /** The account as the token lets it in; null when it is none, or has expired. */
  authenticate: (token: string) => Promise<Account | null>;
}

const prefix = "berth_pat_";
const dayMilliseconds = 24 * 3600_000;
/** How exactly the last use is known: a token that is used each second is not written down each second. */
const useMilliseconds = 3600_000;

/** By its look, so that secret scanners know one, too. */
export function isAccessToken(token: string): boolean {
  return token.startsWith(prefix);
}

export function createAccessTokens({ database }: Inventory, clock: () => number = Date.now): AccessTokens {
  const at = (milliseconds = clock()): string => new Date(milliseconds).toISOString();

  async function accountFor(request: NewAccessToken, by: Account): Promise<Account> {
    const name = request.account ?? by.name;
    requireOwn(name, by);
    const stored = await findAccount(database, name);
    if (stored !== null) return stored.account;
    if (request.account !== undefined) {
      throw new BerthError("not-found", `There is no account '${name}' that could have an access token`, {
        hint: "`berth account list` shows those that there are, --account names one",
      });
    }
    throw unnamed(request.name, await listAccounts(database));
  }

  /** To those who may see them: of whom there is a token of this name. */
  async function ownersOf(token: string, by: Account): Promise<string[]> {
    const seen = await selectAccessTokens(database, by.role === "admin" ? undefined : by.name);
    return seen.filter(({ name }) => name === token).map(({ account }) => account);
  }

  async function noteUse(hash: string, { usedAt }: AccessToken): Promise<void> {
    if (usedAt !== null && clock() - Date.parse(usedAt) < useMilliseconds) return;
    await noteAccessTokenUse(database, hash, at());
  }

  return {
    async create(request, by) {
      const { name, days } = request;
      const account = await accountFor(request, by);
      const role = request.role ?? lower(account.role, by.role);
      for (const holder of [account, by]) {
        if (!isAtLeast(holder.role, role)) throw tooMuch(role, holder);
      }
      const token = `${prefix}${randomBytes(32).toString("base64url")}`;
      const made = {
        account: account.name,
        name,
        role,
        createdAt: at(),
        expiresAt: at(clock() + days * dayMilliseconds),
      };
      if (!(await insertAccessToken(database, { ...made, hash: hashToken(token) }))) {
        throw new BerthError("conflict", `Account '${account.name}' has an access token '${name}' already`, {
          hint: `Take another name, or end it: \`berth token remove ${name} --account ${account.name}\``,
        });
      }
      return { ...made, usedAt: null, token };
    },
    list: (by) => selectAccessTokens(database, by.role === "admin" ? undefined : by.name),
    async remove(which, by) {
      requireOwn(which.account, by);
      if (await deleteAccessToken(database, which)) return;
      throw new BerthError("not-found", `Account '${which.account}' has no access token '${which.name}'`, {
        hint: whereInstead(which.name, await ownersOf(which.name, by)),
      });
    },
    async authenticate(candidate) {
      if (!isAccessToken(candidate)) return null;
      const hash = hashToken(candidate);
      const found = await findAccessToken(database, hash, at());
      if (found === null) return null;
      await noteUse(hash, found.token);
      return { ...found.account, role: lower(found.account.role, found.token.role) };
    },
  };
}

function requireOwn(account: string, by: Account): void {
  if (account !== by.name) authorize("admin", by);
}

/** Only who needs no account may ask without one: it is told of all that there are. */
function unnamed(token: string, accounts: readonly Account[]): BerthError {
  const [first] = accounts;
  const names = accounts.map(({ name }) => name).join(", ");
  return new BerthError("not-found", "An access token is an account's, and over the Unix socket you have none", {
    hint:
      first === undefined
        ? "Make one first: `berth account set NAME --role viewer`"
        : `Name one (${names}): \`berth token create ${token} --account ${first.name}\``,
  });
}

function whereInstead(token: string, owners: readonly string[]): string {
  const [first] = owners;
  if (first === undefined) return "See `berth token list`";
  const whose = owners.length === 1 ? `Account '${first}' has one` : `Accounts ${owners.join(", ")} have one each`;
  return `${whose}: \`berth token remove ${token} --account ${first}\``;
}

function tooMuch(role: Role, { name, role: has }: Account): BerthError {
  return new BerthError("forbidden", `An access token cannot have the role '${role}': account '${name}' has '${has}'`, {
    hint: "Ask for a lower one with --role, or an admin for another role of the account: `berth account set`",
  });
}

function lower(one: Role, other: Role): Role {
  return isAtLeast(one, other) ? other : one;
}
