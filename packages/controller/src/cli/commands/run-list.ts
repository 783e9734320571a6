import { listRuns } from "@berth/shared/api/runs";
import { defineCommand } from "../define-command.ts";
import { countsText, runDuration, runStatePaint } from "../render/run-summary.ts";
import { table } from "../render/table.ts";
import { formatAge } from "../render/time.ts";

export default defineCommand({
  options: {
    limit: { kind: "integer", value: "N", minimum: 1, maximum: 500, default: 20, description: "How many" },
  },
  examples: [{ command: "berth run list --limit 5", does: "the last five runs" }],
  run: async ({ client, input }) => (await client()).call(listRuns, { query: { limit: input.limit } }),
  render({ runs }, { style, now }) {
    if (runs.length === 0) return ["No runs yet."];
    return table(
      runs,
      [
        { title: "RUN", value: (run) => run.id, align: "right" },
        { title: "KIND", value: (run) => run.kind },
        { title: "STATE", value: (run) => run.state, paint: (text, run) => runStatePaint(run.state, style)(text) },
        { title: "STEPS", value: (run) => countsText(run.counts) },
        { title: "TOOK", value: (run) => runDuration(run, now) },
        { title: "STARTED", value: (run) => formatAge(run.createdAt, now) },
        { title: "BY", value: (run) => run.account },
      ],
      style,
    );
  },
});
