/** What an agent says of its node's disks: a message each minute, apart from samples. Since 1.3 */
import * as z from "zod";
import { instanceNameSchema } from "../names.ts";

/** A reader of these fits in one message whatever a node has; what is beyond it is left out, the smallest volumes first. */
export const mostFileSystems = 128;
export const mostVolumes = 2000;
export const longestPath = 1024;
export const longestType = 64;

export const fileSystemSchema = z.strictObject({
  mountpoint: z.string().max(longestPath).describe("Where the node has it; of several places, the nearest to the root"),
  device: z.string().max(longestPath).describe("/dev/sda1, a dataset of ZFS, an export of a server"),
  type: z.string().max(longestType).describe("ext4, xfs, zfs, nfs4 …"),
  readOnly: z.boolean(),
  usedBytes: z.number().nonnegative().nullable().describe("null: it does not answer"),
  sizeBytes: z.number().nonnegative().nullable().describe("As df counts: without what is reserved for root"),
  inodes: z
    .strictObject({ used: z.number().nonnegative(), total: z.number().nonnegative() })
    .nullable()
    .describe("Files and directories; null: it has no fixed number of them, or does not answer"),
});

export const volumeSizeSchema = z.strictObject({
  name: z.string().max(255).describe("As Docker calls it"),
  instance: instanceNameSchema.nullable().describe("Whose it is; null: of no instance"),
  bytes: z.number().nonnegative().nullable().describe("What it takes on its disk; null: it could not be measured yet"),
  measuredAt: z.int().nullable().describe("Milliseconds since the epoch, by the node's clock; null: never yet"),
});

export type FileSystem = z.output<typeof fileSystemSchema>;
export type VolumeSize = z.output<typeof volumeSizeSchema>;
