/** Who may read what a program beside the fleet reads: that program by its token, or an account. */
import type { Role } from "@berth/shared/api/accounts";
import { BerthError } from "@berth/shared/errors";
import type { FastifyRequest } from "fastify";
import { authorize } from "../accounts/authorize.ts";
import { isByAccessToken, isNobody, tokenOf } from "./authenticate.ts";

export interface Reader {
  /** As in "The router's token". */
  name: string;
  isToken: (candidate: string) => boolean;
  /** Of an account that may read it as well. */
  least: Role;
  /** How the program comes by its token. */
  hint: string;
}

/** For a route with the role `public`. Throws `unauthenticated`, or `forbidden` for an account whose role is too low. */
export function requireReader(request: FastifyRequest, { name, isToken, least, hint }: Reader): void {
  const token = tokenOf(request.raw);
  if (token?.origin === "header" && isToken(token.value)) return;
  if (isNobody(request.account)) {
    throw new BerthError("unauthenticated", `${name}'s token is missing or wrong`, { hint });
  }
  authorize(least, request.account, { byAccessToken: isByAccessToken(request.raw) });
}
