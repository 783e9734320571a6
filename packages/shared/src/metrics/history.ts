/** How the history of metrics stands: what is kept of it, and what that takes. */
import * as z from "zod";

export const historyStatusSchema = z.object({
  bytes: z.int().describe("On the controller's disk"),
  maxBytes: z.int().describe("Most that it may take, as the fleet says"),
  resolutions: z.array(
    z.object({
      seconds: z.int().describe("Between two points"),
      days: z.int().describe("For how long they are kept"),
      since: z.iso.datetime().nullable().describe("Of the oldest point; null: there is none yet"),
    }),
  ),
  problem: z.string().nullable().describe("Why nothing is written at the moment; null: it is"),
  setAside: z
    .string()
    .nullable()
    .describe("File of a damaged history in whose place a new one was begun; null: there is none"),
});
export type HistoryStatus = z.output<typeof historyStatusSchema>;
