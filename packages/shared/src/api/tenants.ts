import * as z from "zod";
import { nameSchema } from "../names.ts";
import { planSchema } from "../operations/plan.ts";
import { defineEndpoint } from "./define.ts";
import { runSchema } from "./runs.ts";
import { instanceStatusSchema } from "./status.ts";

/** A value that a person gives: one line of printable ASCII, as keys are. */
export const givenKeySchema = z
  .string()
  // First, since the first mistake is the one that is told: a line break is rather the reason why it is short.
  .regex(/^[\x21-\x7e]*$/, { error: "must be one line of printable characters without spaces" })
  .min(8, { error: "must have at least 8 characters" })
  .max(512, { error: "must have at most 512 characters" });

/** Keys that tenants have of services elsewhere. */
export const tenantKeySchema = z.enum(["openrouter"]);
export type TenantKey = z.output<typeof tenantKeySchema>;

export const tenantStatusSchema = z.object({
  name: z.string(),
  node: z.string(),
  address: z.string().nullable(),
  state: z
    .enum(["active", "suspended", "kept", "removing"])
    .describe("kept: removed from the fleet but for its data; removing: begun to be removed with them"),
  instances: z.array(instanceStatusSchema),
  databases: z.array(z.string()),
  collections: z.array(z.string()),
  buckets: z.array(z.string()),
  keys: z.array(tenantKeySchema).describe("Keys that were given; never their values"),
  hosts: z.array(z.string()).describe("Host names of the routes"),
});
export type TenantStatus = z.output<typeof tenantStatusSchema>;

const tenantParams = z.object({ name: nameSchema });
/** `run` is null when nothing is to be done, and for a dry run. A run without planned operations was under way before. */
const changeSchema = z.object({ plan: planSchema, run: runSchema.nullable() });
const dryRun = z.boolean().default(false).describe("Plan, and change nothing");

export const listTenants = defineEndpoint({
  method: "GET",
  path: "/api/tenants",
  summary: "Tenants with what they have",
  role: "tenant",
  response: z.object({ tenants: z.array(tenantStatusSchema) }),
});

export const getTenant = defineEndpoint({
  method: "GET",
  path: "/api/tenants/:name",
  summary: "One tenant with what it has",
  role: "tenant",
  params: tenantParams,
  response: tenantStatusSchema,
});

export const newTenantSchema = z.strictObject({
  name: nameSchema,
  address: z.ipv4().optional().describe("Of its node; left out: the next free one"),
  node: nameSchema.optional().describe("A node of the fleet that exists; left out: an LXC is made"),
});
export type NewTenant = z.output<typeof newTenantSchema>;

export const addTenants = defineEndpoint({
  method: "POST",
  path: "/api/tenants",
  summary:
    "Takes tenants in with all they need, and looks at them from outside; carries on with one that is not complete",
  role: "admin",
  body: z.strictObject({
    tenants: z.array(newTenantSchema).min(1).max(50),
    keys: z.partialRecord(tenantKeySchema, givenKeySchema).default({}).describe("Of each of them"),
    dryRun,
  }),
  response: changeSchema,
});

export const removeTenant = defineEndpoint({
  method: "POST",
  path: "/api/tenants/:name/remove",
  summary:
    "Removes everything the tenant has or has left, and nothing else; carries on with a removal that was interrupted",
  role: "admin",
  params: tenantParams,
  body: z.strictObject({
    keepData: z.boolean().default(false).describe("Keep its node, volumes, databases, collections, buckets and keys"),
    backup: z.boolean().default(true).describe("Make a final backup first, where the fleet has backups"),
    dryRun,
  }),
  response: changeSchema,
});

export const suspendTenant = defineEndpoint({
  method: "POST",
  path: "/api/tenants/:name/suspend",
  summary: "Takes the tenant's instances down and its routes back; what it has is kept",
  role: "admin",
  params: tenantParams,
  body: z.strictObject({ dryRun }),
  response: changeSchema,
});

export const resumeTenant = defineEndpoint({
  method: "POST",
  path: "/api/tenants/:name/resume",
  summary: "Brings a suspended tenant's instances and routes back",
  role: "admin",
  params: tenantParams,
  body: z.strictObject({ dryRun }),
  response: changeSchema,
});

export const setTenantKey = defineEndpoint({
  method: "PUT",
  path: "/api/tenants/:name/keys/:key",
  summary: "Gives the tenant a key, and its instances with it",
  role: "admin",
  params: tenantParams.extend({ key: tenantKeySchema }),
  body: z.strictObject({ value: givenKeySchema }),
  response: changeSchema,
});
