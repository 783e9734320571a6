/** What the router's process is started with; in a file, since a token is no argument. */
import * as z from "zod";

export const routerSettingsSchema = z.strictObject({
  address: z.ipv4(),
  /** Of the controller's routes, for the token. */
  endpoint: z.url(),
  ca: z.string(),
  token: z.string(),
  /** Folder of the router's authority. */
  directory: z.string(),
  /** A copy of Traefik's published schema; null: there is none. */
  publishedSchema: z.string().nullable(),
});
export type RouterSettings = z.output<typeof routerSettingsSchema>;

/** Written by the process once it listens. */
export const routerReadySchema = z.object({ pid: z.int() });
