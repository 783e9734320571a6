import { login, logout, setAccount, whoAmI, type Account, type Role } from "@berth/shared/api/accounts";
import type { FastifyInstance } from "fastify";
import { sessionCookie, tokenOf } from "./authenticate.ts";
import { serveEndpoint } from "./endpoint.ts";

export interface AccountsApi {
  /** Throws `unauthenticated`, after a while also for too many attempts. */
  login: (request: {
    name: string;
    password: string;
    address: string;
  }) => Promise<{ account: Account; token: string; expiresAt: string }>;
  logout: (token: string) => Promise<boolean>;
  set: (account: { name: string; role: Role; tenant: string | null; password: string }) => Promise<Account>;
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
  serveEndpoint(app, setAccount, ({ params, body }) => accounts.set({ name: params.name, ...body }));
}
