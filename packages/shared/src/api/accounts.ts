import * as z from "zod";
import { nameSchema } from "../names.ts";
import { defineEndpoint } from "./define.ts";

export const roleSchema = z.enum(["admin", "operator", "viewer", "tenant"]);
export type Role = z.output<typeof roleSchema>;

/** Roles that an access token can be held to. */
export const tokenRoleSchema = roleSchema.exclude(["tenant"]);
export type TokenRole = z.output<typeof tokenRoleSchema>;

export const accountSchema = z.object({ name: nameSchema, role: roleSchema, tenant: nameSchema.nullable() });
export type Account = z.output<typeof accountSchema>;

/** Answers with a token for the CLI, and sets the page's session cookie. */
export const login = defineEndpoint({
  method: "POST",
  path: "/api/login",
  summary: "Exchanges name and password for a token",
  role: "public",
  body: z.strictObject({ name: z.string().max(64), password: z.string().max(1024) }),
  response: z.object({ account: accountSchema, token: z.string(), expiresAt: z.iso.datetime() }),
});
export const logout = defineEndpoint({
  method: "POST",
  path: "/api/logout",
  summary: "Ends the session or token that asks",
  role: "tenant",
  response: z.object({ ended: z.boolean() }),
});
export const whoAmI = defineEndpoint({
  method: "GET",
  path: "/api/me",
  summary: "The account that asks",
  role: "tenant",
  response: accountSchema,
});

/** Accounts with the role admin. With none left, only whoever may open the controller's Unix socket is one. */
const adminsSchema = z.int().min(0).describe("How many accounts are admins now");

export const listAccounts = defineEndpoint({
  method: "GET",
  path: "/api/accounts",
  summary: "Who may use Berth",
  role: "admin",
  response: z.object({ accounts: z.array(accountSchema) }),
});
export const setAccount = defineEndpoint({
  method: "PUT",
  path: "/api/accounts/:name",
  summary:
    "Makes an account, which needs a role and a password, or changes what is given; a new password ends its logins and access tokens",
  role: "admin",
  params: z.object({ name: nameSchema }),
  body: z.strictObject({
    role: roleSchema.optional(),
    tenant: nameSchema.optional().describe("Whose account it is: with the role tenant, and only then"),
    password: z.string().min(12).max(1024).optional(),
  }),
  response: accountSchema.extend({ admins: adminsSchema }),
});
export const removeAccount = defineEndpoint({
  method: "DELETE",
  path: "/api/accounts/:name",
  summary: "Removes an account and ends its logins and access tokens at once",
  role: "admin",
  params: z.object({ name: nameSchema }),
  response: z.object({ name: nameSchema, admins: adminsSchema }),
});
