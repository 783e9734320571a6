/** What `restic backup --json` says, a line each. Pure. */
import * as z from "zod";

const statusSchema = z.object({
  message_type: z.literal("status"),
  percent_done: z.number().default(0),
  bytes_done: z.number().default(0),
});
const summarySchema = z.object({
  message_type: z.literal("summary"),
  total_files_processed: z.int(),
  total_bytes_processed: z.int(),
  /** As stored, compressed; restic before 0.17 tells only what it was before that. */
  data_added_packed: z.int().optional(),
  data_added: z.int(),
  snapshot_id: z.string().min(1),
});
const errorSchema = z.object({
  message_type: z.literal("error"),
  error: z.object({ message: z.string() }),
  item: z.string().default(""),
});
const messageSchema = z.discriminatedUnion("message_type", [statusSchema, summarySchema, errorSchema]);

export type ResticMessage = z.output<typeof messageSchema>;
export type ResticSummary = z.output<typeof summarySchema>;

/** Undefined: nothing that counts here, or no JSON at all. */
export function parseMessage(line: string): ResticMessage | undefined {
  if (!line.startsWith("{")) return undefined;
  const result = messageSchema.safeParse(JSON.parse(line));
  return result.success ? result.data : undefined;
}

const vanished = /no such file or directory/i;

/** A file that went away between being listed and being read: what runs deletes files, and the rest is whole. */
export function isVanished({ error }: z.output<typeof errorSchema>): boolean {
  return vanished.test(error.message);
}
