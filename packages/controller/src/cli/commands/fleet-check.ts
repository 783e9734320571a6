import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import { defineCommand } from "../define-command.ts";
import { FleetProblemsError } from "../errors.ts";
import { readTextFile } from "../fleet-file.ts";
import { count } from "../render/text.ts";

export default defineCommand({
  details:
    'Needs no controller. Ends with 2 when there are mistakes. With --json: {"file", "problems": [{"file", "line", "column", "path", "message"}]}.',
  arguments: { file: { description: "Fleet file, - for stdin", completes: "file" } },
  examples: [{ command: "berth fleet check fleet.yaml", does: "list its mistakes with file, line and column" }],
  async run({ input, terminal }) {
    const text = await readTextFile(input.file, terminal);
    const file = input.file === "-" ? "stdin" : input.file;
    return { file, text, ...parseFleet(text, file, catalog) };
  },
  present: ({ file, problems }) => ({ file, problems }),
  render: ({ file, fleet }) => {
    if (fleet === null) return [];
    const instances = count(Object.keys(fleet.nodes).length, "node");
    return [`${file} has no mistakes: ${instances}, ${count(Object.keys(fleet.tenants).length, "tenant")}.`];
  },
  failure: ({ file, text, problems }) =>
    problems.length === 0
      ? undefined
      : new FleetProblemsError("fleet.invalid", `${file} has ${count(problems.length, "mistake")}.`, problems, text),
});
