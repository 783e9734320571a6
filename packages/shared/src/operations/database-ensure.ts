import * as z from "zod";
import { instanceNameSchema } from "../names.ts";
import { defineOperation } from "./define.ts";

export const databaseNeedSchema = z.strictObject({
  server: instanceNameSchema.describe("PostgreSQL instance that holds it"),
  instance: instanceNameSchema.describe("Instance that needs it"),
  database: z.string(),
  role: z.string().describe("Owns the database and all that is in it"),
  login: z.string().optional().describe("What the instance logs in as, and so becomes the owner; the owner by default"),
  connectionLimit: z.int().min(1).optional().describe("Connections that the login may have; 20 when left out"),
  extensions: z.array(z.string()),
  clientAddress: z.ipv4().describe("Node address from which the role may log in"),
});
export type DatabaseNeed = z.output<typeof databaseNeedSchema>;

/** Makes a database with an own login role, closed to PUBLIC and to every other role. */
export const databaseEnsure = defineOperation({
  kind: "database.ensure",
  runsOn: "controller",
  deadlineSeconds: 120,
  input: databaseNeedSchema,
  result: z.object({ created: z.boolean() }),
  resource: (input) => `database/${input.database}`,
});
