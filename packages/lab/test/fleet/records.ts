/** What a controller has written down, read from its inventory as a backup would read it. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";
import type { LabController } from "../../src/demo/controller.ts";

const eventSchema = z.object({
  at: z.iso.datetime(),
  kind: z.string(),
  node: z.string().nullable(),
  instance: z.string().nullable(),
  message: z.string(),
  data: z.string().transform((text) => z.record(z.string(), z.unknown()).parse(JSON.parse(text))),
});
export type RecordedEvent = z.output<typeof eventSchema>;

/** Events that happened at or after this time (milliseconds since the epoch), oldest first. */
export function recordedEvents({ stateDirectory }: LabController, since: number): RecordedEvent[] {
  using database = new DatabaseSync(join(stateDirectory, "inventory.sqlite"), { readOnly: true });
  const rows = database.prepare("SELECT * FROM events WHERE at >= ? ORDER BY id").all(new Date(since).toISOString());
  return rows.map((row) => eventSchema.parse(row));
}
