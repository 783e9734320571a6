/** Secrets by name. Values leave the controller by `revealSecret` alone, which is recorded. */
import * as z from "zod";
import { planSchema } from "../operations/plan.ts";
import { defineEndpoint } from "./define.ts";
import { runSchema } from "./runs.ts";

export const secretStatusSchema = z.object({
  name: z.string().describe("<instance>/<secret>: user1-n8n/database"),
  version: z.int(),
  createdAt: z.iso.datetime().describe("Of this version"),
  kept: z.int().describe("How many versions are kept, this one included"),
  usedBy: z.array(z.string()).describe("Instances that run with it"),
  rotation: z
    .enum(["login", "superuser", "replace", "router", "scraper"])
    .nullable()
    .describe("How it is rotated; null: it cannot be"),
  note: z.string().nullable().describe("Why it cannot be rotated"),
});
export type SecretStatus = z.output<typeof secretStatusSchema>;

const secretParams = z.object({ name: z.string().max(256) });

export const listSecrets = defineEndpoint({
  method: "GET",
  path: "/api/secrets",
  summary: "Secrets without their values; of=NAME gives those of an instance or a tenant",
  role: "viewer",
  query: z.object({ of: z.string().max(128).optional() }),
  response: z.object({ secrets: z.array(secretStatusSchema) }),
});

export const getSecret = defineEndpoint({
  method: "GET",
  path: "/api/secrets/:name",
  summary: "One secret without its value",
  role: "viewer",
  params: secretParams,
  response: secretStatusSchema,
});

export const revealSecret = defineEndpoint({
  method: "POST",
  path: "/api/secrets/:name/reveal",
  summary: "The value of a secret; who asked is recorded",
  role: "admin",
  params: secretParams,
  response: z.object({ name: z.string(), version: z.int(), value: z.string() }),
});

export const setSecret = defineEndpoint({
  method: "PUT",
  path: "/api/secrets/:name",
  summary: "Takes a value over that exists elsewhere; instances get it when the fleet is applied",
  role: "admin",
  params: secretParams,
  body: z.strictObject({
    value: z.string().max(64 * 1024),
    force: z.boolean().default(false).describe("Although data are encrypted with the present value"),
  }),
  response: z.object({
    name: z.string(),
    version: z.int(),
    changed: z.boolean().describe("false: it was the present value"),
    usedBy: z.array(z.string()),
  }),
});

export const rotateSecrets = defineEndpoint({
  method: "POST",
  path: "/api/secrets/rotate",
  summary: "Gives a secret, or all secrets of an instance that can change, a new value in one run",
  role: "admin",
  body: z.strictObject({
    target: z.string().max(256).describe("user1-n8n/database, or user1-n8n"),
    dryRun: z.boolean().default(false).describe("Plan, and change nothing"),
  }),
  response: z.object({ plan: planSchema, run: runSchema.nullable().describe("null for a dry run") }),
});

export const rotateSecretKey = defineEndpoint({
  method: "POST",
  path: "/api/secrets/rotate-key",
  summary: "Encrypts every secret with a new key, and makes that the key",
  role: "admin",
  response: z.object({ secrets: z.int().describe("How many versions of secrets were encrypted anew") }),
});
