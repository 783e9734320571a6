import {
  namesOf,
  getHistory,
  historyColumns,
  isHistoryColumn,
  type MetricsHistoryAnswer,
} from "@berth/shared/api/metrics";
import { getStatus, type Status } from "@berth/shared/api/status";
import { BerthError } from "@berth/shared/errors";
import { heldColumns, holdingStepSeconds, rowsColumn } from "@berth/shared/metrics/holdings";
import { parseAgo } from "../ago.ts";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";
import { historyLines } from "../render/metrics.ts";

const kinds = ["node", "instance", "tenant"] as const;
const usedColumns = [
  "cpuCores",
  "memoryBytes",
  "networkReceiveBytesPerSecond",
  "networkTransmitBytesPerSecond",
  "diskReadBytesPerSecond",
  "diskWriteBytesPerSecond",
];

export default defineCommand({
  details:
    "NAME is taken for an instance, else for a tenant, else for a node, unless --of says which. LOWEST STEP is " +
    "the lowest average of a step, AVERAGE that of the whole time, and PEAK the highest moment; the curve shows averages, " +
    "with a space where nothing was measured. The controller chooses " +
    "the resolution, and says which.\n\n" +
    "What stores hold for a tenant or an instance: databaseBytes, bucketBytes, objects, points, and rows, which stands for " +
    "each count of rows (rows:executions). What is on disks: volumeBytes of its volumes, and of a node besides " +
    "fileSystemUsedBytes and fileSystemSizeBytes. With one of these columns points are 15 minutes apart or more. Of which " +
    "there is none, is left out.\n\n" +
    'With --json: {"from", "stepSeconds", "resolutionSeconds", "length", "series": [{"name", "columns": {"cpuCores": ' +
    '{"average": […], "maximum": […]}}}]}; null is what was not measured. docs/metrics.md says what each column is.',
  arguments: { name: { description: "Name of an instance, a tenant or a node", completes: "instance" } },
  options: {
    of: { kind: "choice", value: "KIND", choices: kinds, description: "What NAME is, where several have it" },
    since: { kind: "text", value: "TIME", default: "24h", description: "How far back: 30m, 24h, 7d, 4w" },
    until: { kind: "text", value: "TIME", default: "0m", description: "Where it ends, as far back from now" },
    column: {
      kind: "text",
      short: "c",
      value: "COLUMNS",
      description:
        "Columns, with commas between. Left out: CPU, memory, network and disk, and of a tenant's or an instance's longer " +
        "time what stores and volumes hold",
    },
    by: {
      kind: "choice",
      value: "WHAT",
      choices: ["sum", "container"],
      default: "sum",
      description: "All added up, or each container, database, collection, bucket, file system and volume apart",
    },
    only: {
      kind: "text",
      value: "NAMES",
      description:
        "Of all these, those of such names alone, with commas between: file systems by where they are mounted",
    },
    points: {
      kind: "integer",
      value: "N",
      minimum: 1,
      maximum: 5000,
      default: 60,
      description: "How many points of each curve, about",
    },
  },
  examples: [
    { command: "berth metrics user1-n8n", does: "what the instance used in the last day" },
    {
      command: "berth metrics user2 --of tenant --since 30d --column memoryBytes",
      does: "a tenant's memory in a month",
    },
    {
      command:
        "berth metrics user1 --of node --since 7d --json | jq '[.series[0].columns.cpuCores.maximum[] // 0] | max'",
      does: "the highest use of CPU of a node in a week",
    },
    {
      command: "berth metrics user2 --of tenant --since 90d --column databaseBytes,rows --by container",
      does: "how a tenant's databases have grown in three months, each apart",
    },
    {
      command: "berth metrics user1 --of node --since 90d --column fileSystemUsedBytes,volumeBytes --by container",
      does: "how a node's file systems and volumes have filled in three months, each apart",
    },
  ],
  async run({ client, input, terminal }) {
    const wanted = input.column === undefined ? undefined : namesOf(input.column);
    const unknown = wanted?.find((column) => !isHistoryColumn(column));
    if (unknown !== undefined) {
      throw usageError(`There is no column '${unknown}'`, `There are: ${historyColumns.join(", ")}.`);
    }
    const now = terminal.now();
    const [from, to] = [now - parseAgo(input.since, "--since"), now - parseAgo(input.until, "--until")];
    if (from >= to) throw usageError("--since must lie further back than --until");
    const connected = await client();
    const known = input.of ?? kindOf(input.name, await connected.call(getStatus, {}));
    // One that was removed has a history: what is unknown is taken for an instance.
    const kind = known ?? "instance";
    const answer = connected.call(getHistory, {
      params: { kind, name: input.name },
      query: {
        ...{ from: new Date(from).toISOString(), to: new Date(to).toISOString() },
        ...{
          columns: (wanted ?? usualColumns(kind, (to - from) / input.points)).join(","),
          points: input.points,
          by: input.by,
          only: input.only,
        },
      },
    });
    return known === undefined ? answer.catch((error: unknown) => throwUnknown(input.name, error)) : answer;
  },
  render: (answer, options) => historyLines(answer, options),
});

/** What stores and volumes hold is asked for where it does not make the steps longer. */
function usualColumns(kind: MetricsHistoryAnswer["kind"], step: number): string[] {
  const isUsedAlone = kind === "node" || step < holdingStepSeconds * 1000;
  return isUsedAlone ? usedColumns : [...usedColumns, ...heldColumns, rowsColumn];
}

/** undefined: there is nothing of the name. */
function kindOf(name: string, { nodes, instances }: Status): MetricsHistoryAnswer["kind"] | undefined {
  if (instances.some((instance) => instance.name === name)) return "instance";
  if (instances.some(({ tenant }) => tenant === name)) return "tenant";
  return nodes.some((node) => node.name === name) ? "node" : undefined;
}

/** Says all that was looked for. */
function throwUnknown(name: string, error: unknown): never {
  if (!(error instanceof BerthError) || error.code !== "not-found") throw error;
  throw new BerthError("not-found", `No instance, tenant or node is named '${name}', nor was an instance lately`, {
    hint: "See `berth status`",
  });
}
