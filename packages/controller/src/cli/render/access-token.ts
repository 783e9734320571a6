/** Access tokens as a table. Pure. */
import type { AccessToken } from "@berth/shared/api/access-tokens";
import type { RenderOptions } from "../define-command.ts";
import { table } from "./table.ts";
import { formatAge } from "./time.ts";

export function accessTokenLines(tokens: readonly AccessToken[], { style, fit, now }: RenderOptions): string[] {
  if (tokens.length === 0) return ["No access tokens. Make one with `berth token create NAME`."];
  const hasEnded = ({ expiresAt }: AccessToken): boolean => Date.parse(expiresAt) <= now;
  return table(
    tokens,
    [
      { title: "TOKEN", value: ({ name }) => name },
      { title: "ACCOUNT", value: ({ account }) => account },
      { title: "ROLE", value: ({ role }) => role },
      {
        title: "ENDS",
        value: (token) => (hasEnded(token) ? "expired" : token.expiresAt.slice(0, 10)),
        paint: (text, token) => (hasEnded(token) ? style.red(text) : text),
      },
      { title: "LAST USED", value: ({ usedAt }) => (usedAt === null ? "never" : formatAge(usedAt, now)) },
    ],
    style,
    fit,
  );
}
