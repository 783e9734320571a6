/** Where a fleet's backups are kept. */
import * as z from "zod";
import {
  filePathSchema,
  hostSchema,
  portSchema,
  sftpPathSchema,
  sshPublicKeySchema,
  sshUserSchema,
} from "./formats.ts";

const s3Schema = z
  .strictObject({
    endpoint: z.url({ protocol: /^https?$/, error: "must be a URL such as https://s3.example.org" }),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      error: "must be a bucket's name: 3 to 63 of a-z, 0-9, '-' and '.'",
    }),
    region: z.string().min(1).optional(),
    caFile: filePathSchema.optional().describe("PEM of the CA (or of the certificate itself) that it must present"),
  })
  .describe("An S3-compatible store; its keys are the secrets backup/s3AccessKey and backup/s3SecretKey");

const directorySchema = z
  .string()
  .regex(/^\/(?!\/)[^:]*[^/:]$/, { error: "must be an absolute path without ':' and without '/' at its end" })
  .describe("The same directory on every node: where a NAS is mounted");

export const sftpTargetSchema = z
  .strictObject({
    host: hostSchema.describe("Address or DNS name at which nodes and the controller reach it"),
    port: portSchema.default(22),
    user: sshUserSchema,
    path: sftpPathSchema.describe("Directory that the user may write to, as the server names it to this user"),
    hostKey: sshPublicKeySchema.describe(
      "The server's public key, `ssh-keyscan HOST` prints it; a server with another one is refused",
    ),
  })
  .describe("A machine with sshd; the user's private key is the secret backup/sftpKey");

export const backupTargetSchema = z.union([
  z.strictObject({ s3: s3Schema }),
  z.strictObject({ directory: directorySchema }),
  z.strictObject({ sftp: sftpTargetSchema }),
]);

export type SftpTarget = z.output<typeof sftpTargetSchema>;
