/** What a backup is made of and where it is kept, as an agent is told it. Secrets by reference in plans, by value at dispatch. */
import * as z from "zod";

export const repositorySchema = z
  .strictObject({
    owner: z.string().describe("Tenant whose repository it is, or the shared instance"),
    image: z.string().describe("Image of restic, full reference"),
    location: z
      .string()
      .describe(
        "As restic takes it: s3:https://s3.example.org/berth/user1, sftp://berth@nas:22//backups/user1, /srv/backups/user1",
      ),
    directory: z.string().nullable().describe("Directory of the node that the location is in; null: it is elsewhere"),
    password: z.string().describe("What the repository is encrypted with"),
    env: z.record(z.string(), z.string()).describe("restic's environment for the target: AWS_ACCESS_KEY_ID"),
    ca: z.string().nullable().describe("PEM that the target's certificate is checked with; null: publicly trusted"),
    ssh: z
      .strictObject({
        privateKey: z.string().describe("As `ssh-keygen` writes it, without a passphrase"),
        hostKey: z.string().describe("The only key that the server may have: ssh-ed25519 AAAA…"),
      })
      .optional()
      .describe("How the server of an sftp: location is reached; left out for others"),
  })
  .describe("A restic repository: one for each owner, with a password of its own");
export type Repository = z.output<typeof repositorySchema>;

/** One thing that is backed up, named by `name` within its backup. */
export const backupSourceSchema = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z.literal("volume"),
      name: z.string(),
      volume: z.string().describe("Docker volume, in full"),
    })
    .describe("All files of a volume"),
  z
    .strictObject({
      kind: z.literal("database"),
      name: z.string(),
      image: z.string().describe("Image with the server's own pg_dump and pg_restore, full reference"),
      host: z.string(),
      port: z.int(),
      database: z.string(),
      user: z.string(),
      password: z.string(),
    })
    .describe("A PostgreSQL database in custom format, dumped and restored as its own login"),
  z
    .strictObject({
      kind: z.literal("collections"),
      name: z.string(),
      url: z.string(),
      token: z.string(),
      collections: z.array(z.string()).min(1),
    })
    .describe("Points of Qdrant collections, read with the instance's own token"),
  z
    .strictObject({
      kind: z.literal("buckets"),
      name: z.string(),
      endpoint: z.string(),
      port: z.int(),
      accessKey: z.string(),
      secretKey: z.string(),
      buckets: z.array(z.string()).min(1),
    })
    .describe("Objects of an owner's buckets, read with its own key"),
]);
export type BackupSource = z.output<typeof backupSourceSchema>;
export type BackupSourceKind = BackupSource["kind"];

/** What a source has become in the repository. */
export const snapshotSchema = z.object({
  kind: z.enum(["volume", "database", "collections", "buckets"]),
  name: z.string(),
  snapshot: z.string().describe("Id in the repository, in full"),
  bytes: z.int().describe("Size of what was backed up"),
  addedBytes: z.int().describe("What the repository has grown by; the rest was there already"),
  counts: z
    .record(z.string(), z.int())
    .describe(
      "What a restore is checked against: files of a volume, points of each collection, objects of each bucket",
    ),
});
export type Snapshot = z.output<typeof snapshotSchema>;
