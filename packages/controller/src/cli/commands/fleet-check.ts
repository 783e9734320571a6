import { catalog } from "@berth/shared/catalog/index";
import { parseFleet } from "@berth/shared/fleet/parse";
import { defineCommand } from "../define-command.ts";
import { FleetProblemsError } from "../errors.ts";
import { readFleetFiles } from "../fleet-file.ts";
import { problemSummary } from "../render/problem.ts";
import { count } from "../render/text.ts";

export default defineCommand({
  details:
    'Looks at the own services in services/*.yaml beside the file, too. Needs no controller. Ends with 2 when there are mistakes. With --json: {"file", "problems": [{"file", "line", "column", "path", "message"}]}.',
  arguments: { file: { description: "Fleet file, - for stdin", completes: "file" } },
  examples: [{ command: "berth fleet check fleet.yaml", does: "list its mistakes with file, line and column" }],
  async run({ input, terminal }) {
    const { file, text, texts, problems, locate } = await readFleetFiles(input.file, terminal);
    if (problems.length > 0) return { file, texts, fleet: null, problems };
    const parsed = parseFleet(text, file, catalog);
    return { file, texts, fleet: parsed.fleet, problems: parsed.problems.map(locate) };
  },
  present: ({ file, problems }) => ({ file, problems }),
  render: ({ file, fleet }) => {
    if (fleet === null) return [];
    const own = Object.keys(fleet.catalog).length;
    const counts = [
      count(Object.keys(fleet.nodes).length, "node"),
      count(Object.keys(fleet.tenants).length, "tenant"),
      ...(own === 0 ? [] : [count(own, "own service")]),
    ];
    return [`${file} has no mistakes: ${counts.join(", ")}.`];
  },
  failure: ({ problems, texts }) =>
    problems.length === 0
      ? undefined
      : new FleetProblemsError("fleet.invalid", problemSummary(problems), problems, { texts }),
});
