/** Access tokens: what a script logs in with, in an account's name, with a role of its own and an end. */
import * as z from "zod";
import { nameSchema } from "../names.ts";
import { roleSchema, tokenRoleSchema } from "./accounts.ts";
import { defineEndpoint } from "./define.ts";

/** Days that an access token may be good for; without an end, one that is forgotten would be good for ever. */
export const accessTokenDays = { default: 90, maximum: 366 } as const;

export const accessTokenSchema = z.object({
  account: nameSchema,
  name: nameSchema.describe("Unlike those of the account's other tokens"),
  role: roleSchema.describe("What it may do, as long as its account may do it, too"),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  usedAt: z.iso.datetime().nullable().describe("The last time, to the hour; null: never"),
});
export type AccessToken = z.output<typeof accessTokenSchema>;

export const listAccessTokens = defineEndpoint({
  method: "GET",
  path: "/api/access-tokens",
  summary: "The access tokens of the account that asks, and for an admin those of all",
  role: "viewer",
  response: z.object({ tokens: z.array(accessTokenSchema) }),
});

export const createAccessToken = defineEndpoint({
  method: "POST",
  path: "/api/access-tokens",
  summary: "Makes an access token; this answer alone has its value",
  role: "viewer",
  body: z.strictObject({
    name: nameSchema,
    account: nameSchema.optional().describe("The one that asks when left out; of another one for admins only"),
    role: tokenRoleSchema.optional().describe("The account's when left out"),
    days: z.int().min(1).max(accessTokenDays.maximum).default(accessTokenDays.default),
  }),
  response: accessTokenSchema.extend({ token: z.string() }),
});

export const removeAccessToken = defineEndpoint({
  method: "DELETE",
  path: "/api/access-tokens/:account/:name",
  summary: "Ends an access token at once",
  role: "viewer",
  params: z.object({ account: nameSchema, name: nameSchema }),
  response: z.object({ account: nameSchema, name: nameSchema }),
});
