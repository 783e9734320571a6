/** What is on the disks of nodes: file systems, and the volumes of instances. */
import * as z from "zod";
import { nameSchema } from "../names.ts";
import { fileSystemSchema, volumeSizeSchema } from "../protocol/disks.ts";
import { defineEndpoint } from "./define.ts";

export const volumeSchema = volumeSizeSchema.extend({ measuredAt: z.iso.datetime().nullable() });
export const nodeDisksSchema = z.object({
  node: z.string(),
  readAt: z.iso.datetime().nullable().describe("When the file systems were read: each minute; null: not yet"),
  fileSystems: z.array(fileSystemSchema).describe("The node's own disks, each once, and what it has of other machines"),
  volumes: z
    .array(volumeSchema)
    .describe("Docker's, the largest first; those that somebody else's disk is behind left out"),
});
export type NodeDisks = z.output<typeof nodeDisksSchema>;
export type Volume = z.output<typeof volumeSchema>;

export const listDisks = defineEndpoint({
  method: "GET",
  path: "/api/disks",
  summary: "File systems of nodes and sizes of Docker volumes, as agents told them last",
  role: "tenant",
  query: z.object({ node: nameSchema.optional().describe("Only of this one") }),
  response: z.object({
    nodes: z.array(nodeDisksSchema).describe("Without nodes that told nothing since the controller started"),
  }),
});
