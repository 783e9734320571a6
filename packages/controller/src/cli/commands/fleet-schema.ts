import { fleetSchema } from "@berth/shared/fleet/schema";
import { z } from "zod";
import { defineCommand } from "../define-command.ts";

export default defineCommand({
  details:
    "Put `# yaml-language-server: $schema=fleet.schema.json` on the first line of a fleet file, and editors complete and check it.",
  examples: [{ command: "berth fleet schema > fleet.schema.json", does: "save it for an editor" }],
  run: async () => z.toJSONSchema(fleetSchema, { io: "input" }),
  render: (schema) => JSON.stringify(schema, null, 2).split("\n"),
});
