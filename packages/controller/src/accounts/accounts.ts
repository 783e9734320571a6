/** Who may use Berth: names with passwords and roles, and the tokens they log in to. */
import { randomBytes } from "node:crypto";
import pLimit from "p-limit";
import type { Account, Role } from "@berth/shared/api/accounts";
import { BerthError } from "@berth/shared/errors";
import {
  deleteAccount,
  deleteExpiredTokens,
  deleteToken,
  deleteTokensOf,
  findAccount,
  findTokenAccount,
  insertToken,
  listAccounts,
  putAccount,
  rehashPassword,
} from "../inventory/accounts.ts";
import { deleteAccessTokensOf } from "../inventory/access-tokens.ts";
import type { Inventory, Queryable } from "../inventory/database.ts";
import { tenantSince } from "../inventory/tenants.ts";
import { createAccessTokens, isAccessToken, type AccessTokens } from "./access-tokens.ts";
import { defaultCost, hashPassword, isOutdated, verifyPassword, type PasswordCost } from "./password.ts";
import { createLoginLimiter, type LoginAttempt } from "./rate-limit.ts";
import { hashToken } from "./token-hash.ts";

export interface AccountChange {
  name: string;
  /** Left out: it stays. */
  role?: Role | undefined;
  /** Left out: it stays. With the role of a tenant, and no other. */
  tenant?: string | undefined;
  /** Left out: it stays. */
  password?: string | undefined;
}

export interface Session {
  account: Account;
  /** `berth_…`; only its hash is kept. */
  token: string;
  expiresAt: string;
}

export interface Accounts {
  /**
   * Changes an account: a new password ends its logins and access tokens, a new role counts for them at once. Makes one that does not
   * exist, which needs both; throws `not-found` otherwise. Throws `request.invalid` for the role of a tenant without one.
   */
  set: (change: AccountChange) => Promise<Account>;
  /** Throws `unauthenticated` for a wrong name or password, and `rate.limited` after too many attempts. */
  login: (request: LoginAttempt & { password: string }) => Promise<Session>;
  /** A token for an account that exists, without its password: for the machine's own use. */
  issueToken: (name: string, validSeconds?: number) => Promise<Session>;
  /** The account of a login's token or of an access token; null when it is unknown or has expired. */
  authenticate: (token: string) => Promise<Account | null>;
  /** Ends the token; false when there was none. */
  logout: (token: string) => Promise<boolean>;
  list: () => Promise<Account[]>;
  /** Removes the account with its tokens; false when there was none. */
  remove: (name: string) => Promise<boolean>;
  accessTokens: AccessTokens;
}

export interface AccountsOptions {
  inventory: Inventory;
  /** Milliseconds since the epoch; tests set it. */
  clock?: () => number;
  /** What a password hash costs; tests make it cheap. */
  passwordCost?: PasswordCost;
}

const tokenPrefix = "berth_";
const tokenSeconds = 7 * 24 * 3600;
const minPasswordLength = 12;
/** Each takes 32 MiB and a thread; more at once would starve everything else. */
const hashesAtOnce = 2;
const maxHashesWaiting = 50;

export function createAccounts({ inventory, clock = Date.now, passwordCost = defaultCost }: AccountsOptions): Accounts {
  const { database } = inventory;
  const accessTokens = createAccessTokens(inventory, clock);
  const limiter = createLoginLimiter(clock);
  const hashing = pLimit(hashesAtOnce);
  // An unknown name takes as long as a known one.
  let decoy: Promise<string> | undefined;

  const at = (milliseconds = clock()): string => new Date(milliseconds).toISOString();

  async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
    if (hashing.pendingCount > maxHashesWaiting) throw refused("Too many logins are under way", 10);
    decoy ??= hashing(() => hashPassword(randomBytes(16).toString("hex"), passwordCost));
    const compared = hash ?? (await decoy);
    return (await hashing(() => verifyPassword(password, compared))) && hash !== undefined;
  }

  async function hashNew(password: string): Promise<string> {
    if (password.length < minPasswordLength) {
      throw new BerthError("request.invalid", `The password has fewer than ${minPasswordLength} characters`);
    }
    return hashing(() => hashPassword(password, passwordCost));
  }

  async function createToken(account: Account, validSeconds: number): Promise<Session> {
    const token = `${tokenPrefix}${randomBytes(32).toString("base64url")}`;
    const expiresAt = at(clock() + validSeconds * 1000);
    await database.transaction().execute(async (transaction) => {
      await deleteExpiredTokens(transaction, at());
      await insertToken(transaction, { hash: hashToken(token), account: account.name, expiresAt });
    });
    return { account, token, expiresAt };
  }

  return {
    async set({ name, role, tenant, password }) {
      const newHash = password === undefined ? undefined : await hashNew(password);
      return database.transaction().execute(async (transaction) => {
        const stored = await findAccount(transaction, name);
        const account = changed(name, stored?.account, { role, tenant });
        await requireTenant(transaction, account?.tenant ?? null);
        const passwordHash = newHash ?? stored?.passwordHash;
        if (account === undefined || passwordHash === undefined) throw incomplete(name);
        await putAccount(transaction, { account, passwordHash });
        if (newHash !== undefined) {
          await deleteTokensOf(transaction, name);
          await deleteAccessTokensOf(transaction, name);
        }
        return account;
      });
    },
    async login({ password, ...attempt }) {
      const wait = limiter.begin(attempt);
      if (wait > 0) throw refused("Too many attempts to log in", wait);
      const stored = await findAccount(database, attempt.name);
      if (!(await isPassword(password, stored?.passwordHash)) || stored === null) {
        throw new BerthError("unauthenticated", "Name or password is wrong");
      }
      limiter.succeed(attempt);
      if (isOutdated(stored.passwordHash, passwordCost)) {
        const to = await hashing(() => hashPassword(password, passwordCost));
        await rehashPassword(database, { name: attempt.name, from: stored.passwordHash, to });
      }
      return createToken(stored.account, tokenSeconds);
    },
    async issueToken(name, validSeconds = tokenSeconds) {
      const stored = await findAccount(database, name);
      if (stored === null) throw new BerthError("not-found", `There is no account '${name}'`);
      return createToken(stored.account, validSeconds);
    },
    async authenticate(token) {
      if (isAccessToken(token)) return accessTokens.authenticate(token);
      return token.startsWith(tokenPrefix) ? findTokenAccount(database, hashToken(token), at()) : null;
    },
    logout: (token) => deleteToken(database, hashToken(token)),
    list: () => listAccounts(database),
    remove: (name) => deleteAccount(database, name),
    accessTokens,
  };
}

/** In the transaction: a tenant that goes meanwhile takes its accounts along. */
async function requireTenant(transaction: Queryable, tenant: string | null): Promise<void> {
  if (tenant === null || (await tenantSince(transaction, tenant)) !== null) return;
  throw new BerthError("not-found", `The fleet has no tenant '${tenant}'`, { hint: "See `berth tenant list`" });
}

/** What an account becomes; undefined: it is new and has no role. */
function changed(
  name: string,
  before: Account | undefined,
  { role = before?.role, tenant }: Pick<AccountChange, "role" | "tenant">,
): Account | undefined {
  if (role === undefined) return undefined;
  if (role !== "tenant") {
    if (tenant === undefined) return { name, role, tenant: null };
    throw new BerthError("request.invalid", `An account with the role '${role}' sees more than a tenant's`, {
      hint: `Give it the role tenant with the tenant: \`berth account set ${name} --role tenant --tenant ${tenant}\``,
    });
  }
  const whose = tenant ?? before?.tenant ?? null;
  if (whose !== null) return { name, role, tenant: whose };
  throw new BerthError("request.invalid", `Account '${name}' gets the role of a tenant, and nobody said of which`, {
    hint: `\`berth account set ${name} --role tenant --tenant TENANT\``,
  });
}

function incomplete(name: string): BerthError {
  return new BerthError("not-found", `There is no account '${name}', and a new one needs a role and a password`, {
    hint: "`berth account list` shows those that there are",
  });
}

function refused(what: string, seconds: number): BerthError {
  return new BerthError("rate.limited", what, { hint: `Try again in ${seconds} s.`, retryAfterSeconds: seconds });
}
