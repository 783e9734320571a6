/** Backups of the controller itself, and the recovery key that opens them. */
import * as z from "zod";
import { defineEndpoint } from "./define.ts";

/** `complete`: it was read back from its target, opened, and found to be a controller's state. */
export const controllerBackupStateSchema = z.enum(["running", "complete", "failed"]);
/** `change`: soon after a run that changed what a rebuilt controller has to know. */
export const controllerBackupReasonSchema = z.enum(["manual", "schedule", "change"]);

export const controllerBackupSchema = z.object({
  id: z.string(),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  state: controllerBackupStateSchema,
  reason: controllerBackupReasonSchema,
  keyVersion: z
    .int()
    .nullable()
    .describe("Version of the recovery key that opens it; null: it was made before this controller was rebuilt"),
  bytes: z.int().nullable().describe("Size of its file"),
  error: z.string().nullable().describe("Why it failed"),
});
export type ControllerBackup = z.output<typeof controllerBackupSchema>;

export const recoveryKeySchema = z.object({
  version: z.int(),
  recipient: z.string().describe("Its public half: age1…"),
  createdAt: z.iso.datetime(),
  shownAt: z.iso.datetime().nullable().describe("When somebody was last given it; null: nobody can open the backups"),
});
export type RecoveryKey = z.output<typeof recoveryKeySchema>;

export const revealedRecoveryKeySchema = recoveryKeySchema.extend({
  fleet: z.string().nullable(),
  identity: z.string().describe("The key itself: AGE-SECRET-KEY-1…"),
});
export type RevealedRecoveryKey = z.output<typeof revealedRecoveryKeySchema>;

export const listControllerBackups = defineEndpoint({
  method: "GET",
  path: "/api/controller/backups",
  summary: "Backups of the controller itself, the newest first, and what is amiss with them",
  role: "viewer",
  response: z.object({
    place: z.string().nullable().describe("Where they are; null: the fleet has no backups"),
    backups: z.array(controllerBackupSchema),
    recoveryKey: recoveryKeySchema.nullable().describe("null: none was needed yet"),
    warnings: z.array(z.string()),
  }),
});

export const createControllerBackup = defineEndpoint({
  method: "POST",
  path: "/api/controller/backups",
  summary: "Backs up the controller itself to the fleet's backup target; answers when it was read back",
  role: "operator",
  body: z.strictObject({}),
  response: controllerBackupSchema,
});

/** Answers with the bytes of the encrypted archive; its role is admin. */
export const controllerArchivePath = "/api/controller/archive";

export const revealRecoveryKey = defineEndpoint({
  method: "POST",
  path: "/api/controller/recovery-key/reveal",
  summary: "The key that opens the controller's backups; who asked is recorded",
  role: "admin",
  body: z.strictObject({ version: z.int().min(1).optional().describe("Left out: the present one") }),
  response: revealedRecoveryKeySchema,
});

export const rotateRecoveryKey = defineEndpoint({
  method: "POST",
  path: "/api/controller/recovery-key/rotate",
  summary: "Makes another recovery key, for the backups from now on, and gives it",
  role: "admin",
  body: z.strictObject({}),
  response: revealedRecoveryKeySchema,
});
