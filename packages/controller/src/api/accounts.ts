import {
  listAccounts,
  login,
  logout,
  removeAccount,
  setAccount,
  whoAmI,
  type Account,
  type Role,
} from "@berth/shared/api/accounts";
import { BerthError } from "@berth/shared/errors";
import type { FastifyInstance } from "fastify";
import { sessionCookie, tokenOf } from "./authenticate.ts";
import { serveEndpoint } from "./endpoint.ts";

export interface AccountsApi {
  /** Throws `unauthenticated`, and `rate.limited` after too many attempts. */
  login: (request: {
    name: string;
    password: string;
    address: string;
  }) => Promise<{ account: Account; token: string; expiresAt: string }>;
  logout: (token: string) => Promise<boolean>;
  list: () => Promise<Account[]>;
  /** Throws `not-found` for a name that is new when its role or password is missing, and for a tenant that there is not. */
  set: (change: {
    name: string;
    role?: Role | undefined;
    tenant?: string | undefined;
    password?: string | undefined;
  }) => Promise<Account>;
  /** false: there was no such account. */
  remove: (name: string) => Promise<boolean>;
}

export function serveAccounts(
  app: FastifyInstance,
  accounts: AccountsApi,
  { secureCookie }: { secureCookie: boolean },
): void {
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secureCookie ? "; Secure" : ""}`;
  serveEndpoint(app, login, async ({ body, request, reply }) => {
    const session = await accounts.login({ ...body, address: request.ip });
    reply.header(
      "set-cookie",
      `${sessionCookie}=${session.token}; ${attributes}; Expires=${new Date(session.expiresAt).toUTCString()}`,
    );
    return session;
  });
  serveEndpoint(app, logout, async ({ request, reply }) => {
    const token = tokenOf(request.raw);
    reply.header("set-cookie", `${sessionCookie}=; ${attributes}; Max-Age=0`);
    return { ended: token !== null && (await accounts.logout(token.value)) };
  });
  serveEndpoint(app, whoAmI, ({ account }) => Promise.resolve(account));
  serveEndpoint(app, listAccounts, async () => ({ accounts: await accounts.list() }));
  serveEndpoint(app, setAccount, async ({ params, body }) => {
    const account = await accounts.set({ name: params.name, ...body });
    return { ...account, admins: await countAdmins(accounts) };
  });
  serveEndpoint(app, removeAccount, async ({ params: { name } }) => {
    if (!(await accounts.remove(name))) {
      throw new BerthError("not-found", `There is no account '${name}'`, { hint: "See `berth account list`" });
    }
    return { name, admins: await countAdmins(accounts) };
  });
}

async function countAdmins({ list }: AccountsApi): Promise<number> {
  return (await list()).filter(({ role }) => role === "admin").length;
}
