/** Who asks: the controller's own machine over the Unix socket, or an account by token or session cookie. */
import type { IncomingMessage } from "node:http";
import type { Account, Role } from "@berth/shared/api/accounts";
import type { EndpointRole } from "@berth/shared/api/define";
import { BerthError } from "@berth/shared/errors";
import type { FastifyInstance } from "fastify";
import { isAccessToken } from "../accounts/access-tokens.ts";
import { authorize } from "../accounts/authorize.ts";
import { scopeOfTenant, type Scope } from "../accounts/scope.ts";

export const sessionCookie = "berth_session";

/** Over the Unix socket the file permissions have decided: whoever may open it may do anything. */
export const localAccount: Account = { name: "local", role: "admin", tenant: null };
/** Asks for what is public without an account. Its role says nothing: no route may go by it. */
const nobody: Account = { name: "nobody", role: "viewer", tenant: null };

export function isNobody(account: Account): boolean {
  return account === nobody;
}

declare module "fastify" {
  interface FastifyRequest {
    account: Account;
    /** What the account may see; null: everything. */
    scope: Scope | null;
  }
  interface FastifyContextConfig {
    role?: EndpointRole;
  }
}

export type Authenticate = (token: string) => Promise<Account | null>;

export interface AccessOptions {
  /** true on the Unix socket. */
  trusted: boolean;
  authenticate: Authenticate;
  /** What a tenant's account may see at this moment; left out: nothing. */
  scopeOf?: (tenant: string) => Scope;
}

/** Default deny: a route without a role answers to admins only. */
export function guardRoutes(app: FastifyInstance, options: AccessOptions): void {
  app.decorateRequest("account");
  app.decorateRequest("scope");
  app.addHook("onRequest", async (request) => {
    const needed = request.routeOptions.config.role ?? "admin";
    request.account =
      needed === "public"
        ? ((await accountOf(request.raw, options)) ?? nobody)
        : await requireAccount(request.raw, needed, options);
    request.scope = scopeOf(request.account, options);
  });
}

/** The account that asks, if its role is enough. Also for upgrades to WebSocket, which pass by Fastify's hooks. */
export async function requireAccount(request: IncomingMessage, needed: Role, options: AccessOptions): Promise<Account> {
  const account = await accountOf(request, options);
  if (account === null) throw notLetIn(request);
  authorize(needed, account, { byAccessToken: isByAccessToken(request) });
  return account;
}

export function isByAccessToken(request: IncomingMessage): boolean {
  const token = tokenOf(request);
  return token !== null && isAccessToken(token.value);
}

/** Whether a token was never one, has ended or was removed is nobody's business who does not have one. */
function notLetIn(request: IncomingMessage): BerthError {
  if (isByAccessToken(request)) {
    return new BerthError("unauthenticated", "The access token is not known, or has ended", {
      hint: "Make another one with `berth token create`; `berth token list` shows those that there are, and their ends",
    });
  }
  const isGiven = tokenOf(request)?.origin === "header";
  return new BerthError("unauthenticated", isGiven ? "The token is not known, or has ended" : "This needs an account", {
    hint: "Log in with `berth login URL`, or on the page",
  });
}

/** docs/accounts.md names it. */
const accountLookMilliseconds = 15_000;

/**
 * For a stream, which outlives the moment at which it was let in: calls back once its account is gone, its login has
 * ended, or it has another role or tenant.
 */
export function watchAccount(
  request: IncomingMessage,
  { name, role, tenant }: Account,
  options: AccessOptions,
  { signal, onChange, everyMilliseconds = accountLookMilliseconds }: AccountWatch,
): void {
  const look = async (): Promise<void> => {
    const now = await accountOf(request, options);
    if (now?.name !== name || now.role !== role || now.tenant !== tenant) onChange();
  };
  // It may have left while something else was waited for.
  if (signal.aborted) return;
  // What cannot be asked at this moment is asked again.
  const timer = setInterval(() => void look().catch(() => undefined), everyMilliseconds).unref();
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
}

interface AccountWatch {
  /** Aborted when the stream is over. */
  signal: AbortSignal;
  onChange: () => void;
  everyMilliseconds?: number;
}

/** An account with the role of a tenant and no tenant, which nobody can make, would see nothing. */
export function scopeOf({ role, tenant }: Account, options: Pick<AccessOptions, "scopeOf">): Scope | null {
  if (role !== "tenant") return null;
  const find = options.scopeOf ?? ((name: string) => scopeOfTenant(name, []));
  return find(tenant ?? "");
}

async function accountOf(request: IncomingMessage, { trusted, authenticate }: AccessOptions): Promise<Account | null> {
  if (trusted) return localAccount;
  const token = tokenOf(request);
  if (token === null) return null;
  if (token.origin === "cookie") refuseForeignPage(request);
  return authenticate(token.value);
}

export function tokenOf(request: IncomingMessage): { value: string; origin: "header" | "cookie" } | null {
  const { authorization, cookie } = request.headers;
  if (authorization?.startsWith("Bearer ") === true)
    return { value: authorization.slice("Bearer ".length), origin: "header" };
  const pair = cookie?.split("; ").find((part) => part.startsWith(`${sessionCookie}=`));
  return pair === undefined ? null : { value: pair.slice(sessionCookie.length + 1), origin: "cookie" };
}

/** A cookie comes along whatever page asks: only our own may change something with it, or open a WebSocket. */
function refuseForeignPage({ method, headers }: IncomingMessage): void {
  const changes = method !== "GET" && method !== "HEAD";
  if (!changes && headers.upgrade === undefined) return;
  const { origin, host } = headers;
  if (origin !== undefined && URL.canParse(origin) && new URL(origin).host === host) return;
  throw new BerthError("forbidden", "Requests with a session cookie must come from Berth's own page");
}
