import { serviceSchema } from "@berth/shared/catalog/schema";
import { fleetSchema } from "@berth/shared/fleet/schema";
import * as z from "zod";
import { defineCommand } from "../define-command.ts";

export default defineCommand({
  details:
    "Put `# yaml-language-server: $schema=fleet.schema.json` on the first line of a fleet file, and editors complete and check it.",
  options: { service: { kind: "flag", description: "Of a file in services/, which defines an own service" } },
  examples: [
    { command: "berth fleet schema > fleet.schema.json", does: "save it for an editor" },
    { command: "berth fleet schema --service > service.schema.json", does: "the same for services/*.yaml" },
  ],
  run: async ({ input }) => z.toJSONSchema(input.service ? serviceSchema : fleetSchema, { io: "input" }),
  render: (schema) => JSON.stringify(schema, null, 2).split("\n"),
});
