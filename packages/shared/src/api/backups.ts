/** Backups: what there is of each owner, making more, checking, pruning, and bringing back what one holds. */
import * as z from "zod";
import { instanceNameSchema } from "../names.ts";
import { snapshotSchema } from "../operations/backup-source.ts";
import { planSchema } from "../operations/plan.ts";
import { defineEndpoint } from "./define.ts";
import { runSchema } from "./runs.ts";
import { newTenantSchema } from "./tenants.ts";

/** `complete`: every part succeeded, and nothing else can be restored. `lost`: its repository no longer holds it. */
export const backupStateSchema = z.enum(["running", "complete", "failed", "lost"]);

export const backupReasonSchema = z.enum(["manual", "schedule", "final", "before-restore", "before-upgrade"]);
export type BackupReason = z.output<typeof backupReasonSchema>;

/** What a subject has put into a backup. */
export const backupPartSchema = z.object({
  subject: z.string().describe("Instance, or the tenant for its buckets"),
  node: z.string().describe("Where it was"),
  version: z.string().optional().describe("Of the service whose data these are"),
  state: z.enum(["running", "complete", "failed"]),
  snapshots: z.array(snapshotSchema).describe("Empty until the part is complete"),
  stoppedMilliseconds: z.int().describe("How long the instance did not run for it"),
});
export type BackupPart = z.output<typeof backupPartSchema>;

/** A secret of an instance that its data can only be read with, as it was then. */
export const keptSecretSchema = z.object({
  secret: z.string().describe("user1-n8n/encryptionKey"),
  copy: z.string().describe("Secret that is the copy, kept when the instance is removed"),
  version: z.int().describe("Of the copy"),
});
export type KeptSecret = z.output<typeof keptSecretSchema>;

export const backupSchema = z.object({
  id: z.string(),
  owner: z.string().describe("Tenant, or shared instance: whose repository it is in"),
  subject: z.string().describe("What it is of: the owner as a whole, or one of its instances"),
  run: z.int(),
  createdAt: z.iso.datetime(),
  state: backupStateSchema,
  reason: backupReasonSchema,
  location: z.string().nullable().describe("Of the repository that it went to; null: nobody recorded it then"),
  parts: z.array(backupPartSchema),
  secrets: z.array(keptSecretSchema),
  verifiedAt: z.iso.datetime().nullable().describe("When its repository was read whole and held it"),
  provenAt: z.iso.datetime().nullable().describe("When all of it was restored with success"),
});
export type Backup = z.output<typeof backupSchema>;

/** An owner whose last due backup is not there. */
export const lateBackupSchema = z.object({ owner: z.string(), dueAt: z.iso.datetime() });
export type LateBackup = z.output<typeof lateBackupSchema>;

const dryRun = z.boolean().default(false).describe("Plan, and change nothing");
/** `run` is null when nothing is to be done, and for a dry run. */
const changeSchema = z.object({ plan: planSchema, run: runSchema.nullable() });

export const listBackups = defineEndpoint({
  method: "GET",
  path: "/api/backups",
  summary: "Backups, the newest first, and whose are late; of=NAME gives those of a tenant or an instance",
  role: "tenant",
  query: z.object({ of: z.string().max(128).optional() }),
  response: z.object({ backups: z.array(backupSchema), late: z.array(lateBackupSchema) }),
});

export const getBackup = defineEndpoint({
  method: "GET",
  path: "/api/backups/:id",
  summary: "One backup with its parts",
  role: "viewer",
  params: z.object({ id: z.string().max(256) }),
  response: backupSchema,
});

export const createBackup = defineEndpoint({
  method: "POST",
  path: "/api/backups",
  summary: "Backs up a tenant, an instance, or everything",
  role: "operator",
  body: z.strictObject({
    of: instanceNameSchema.nullable().describe("Tenant or instance; null: everything"),
    dryRun,
  }),
  response: changeSchema,
});

export const verifyBackups = defineEndpoint({
  method: "POST",
  path: "/api/backups/verify",
  summary: "Reads repositories whole and checks that they hold what they should",
  role: "operator",
  body: z.strictObject({
    owner: instanceNameSchema.nullable().describe("Tenant or shared instance; null: every repository"),
    dryRun,
  }),
  response: changeSchema,
});

export const pruneBackups = defineEndpoint({
  method: "POST",
  path: "/api/backups/prune",
  summary: "Removes the backups that the fleet no longer keeps",
  role: "admin",
  body: z.strictObject({ dryRun }),
  response: changeSchema,
});

export const restoreBackup = defineEndpoint({
  method: "POST",
  path: "/api/backups/restore",
  summary:
    "Brings a tenant, an instance or everything to what backups hold, after a backup of what is there; or a new tenant to " +
    "what a backup of another one holds",
  role: "admin",
  body: z.strictObject({
    of: instanceNameSchema.nullable().describe("Tenant or instance; null: every owner that has a backup"),
    as: newTenantSchema.optional().describe("New tenant, which gets what the tenant's backup holds"),
    backup: z.string().max(256).optional().describe("Id; left out: the newest complete one"),
    at: z.iso.datetime({ offset: true }).optional().describe("The newest complete one of this time or before"),
    backupFirst: z.boolean().default(true).describe("Back up what is there before"),
    dryRun,
  }),
  response: changeSchema,
});
