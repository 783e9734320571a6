import { writeFile } from "node:fs/promises";
import { getFleetFile } from "@berth/shared/api/fleet";
import { catalog } from "@berth/shared/catalog/index";
import { exportFleet } from "@berth/shared/fleet/export";
import { defineCommand } from "../define-command.ts";
import { readServices } from "../fleet-file.ts";

export default defineCommand({
  details:
    "What commands changed since the file was applied is in it, and the comments of that file are kept. Own services are in it under `catalog:`, but for those that --output has in services/ beside it.",
  options: {
    output: {
      kind: "text",
      short: "o",
      value: "FILE",
      completes: "file",
      description: "Write it there (default: stdout)",
    },
  },
  examples: [
    { command: "berth fleet export", does: "print it" },
    { command: "berth fleet export --output fleet.yaml", does: "write it over the file" },
  ],
  async run({ client, input, note }) {
    const { yaml } = await (await client()).call(getFleetFile, {});
    if (input.output === undefined) return { yaml, file: null };
    const exported = exportFleet(yaml, await readServices(input.output), catalog);
    await writeFile(input.output, exported.text);
    note(`Wrote ${input.output}.`);
    for (const name of exported.differing) {
      note(
        `Service '${name}' is another one in services/${name}.yaml than in ${input.output}: take one of the two out.`,
      );
    }
    return { yaml: exported.text, file: input.output };
  },
  render: ({ yaml, file }) => (file === null ? yaml.replace(/\n$/, "").split("\n") : []),
});
