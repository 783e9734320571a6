import { z } from "zod";
import { nameSchema } from "../names.ts";
import { defineEndpoint } from "./define.ts";

export const roleSchema = z.enum(["admin", "operator", "viewer", "tenant"]);
export type Role = z.output<typeof roleSchema>;

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
  role: "viewer",
  response: z.object({ ended: z.boolean() }),
});
export const whoAmI = defineEndpoint({
  method: "GET",
  path: "/api/me",
  summary: "The account that asks",
  role: "viewer",
  response: accountSchema,
});
export const setAccount = defineEndpoint({
  method: "PUT",
  path: "/api/accounts/:name",
  summary: "Makes an account or changes its role and password",
  role: "admin",
  params: z.object({ name: nameSchema }),
  body: z.strictObject({
    role: roleSchema,
    tenant: nameSchema.nullable().default(null),
    password: z.string().min(12).max(1024),
  }),
  response: accountSchema,
});
