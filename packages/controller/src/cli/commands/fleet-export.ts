import { writeFile } from "node:fs/promises";
import { getFleetFile } from "@berth/shared/api/fleet";
import { defineCommand } from "../define-command.ts";

export default defineCommand({
  details: "What commands changed since the file was applied is in it, and the comments of that file are kept.",
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
    await writeFile(input.output, yaml);
    note(`Wrote ${input.output}.`);
    return { yaml, file: input.output };
  },
  render: ({ yaml, file }) => (file === null ? yaml.replace(/\n$/, "").split("\n") : []),
});
