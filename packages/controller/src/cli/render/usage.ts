/** What tenants use, as tables. Pure. */
import type { BucketUsage, DatabaseUsage, OwnerUsage, Usage } from "@berth/shared/api/usage";
import { formatAhead, formatBytes, formatCores, formatLimit } from "@berth/shared/metrics/units";
import { sharedScope } from "@berth/shared/names";
import type { RenderOptions } from "../define-command.ts";
import type { Style } from "./style.ts";
import { type Column, properties, table } from "./table.ts";

/** From this share of what there may be on, it is worth a look. */
const warning = 0.9;

type Options = Pick<RenderOptions, "style" | "fit" | "now">;

/** A line for each owner; of one tenant alone, each thing that it has. */
export function usageLines(usage: Usage, options: Options): string[] {
  const [first, ...others] = usage.owners;
  return first !== undefined && first.tenant !== null && others.length === 0
    ? tenantUsageLines(first, usage, options)
    : ownerLines(usage, options);
}

function ownerLines(usage: Usage, options: Options): string[] {
  const { style, fit } = options;
  return [
    ...table(
      usage.owners,
      [
        { title: "TENANT", value: ({ tenant }) => tenant ?? sharedScope, cutTo: 10 },
        { title: "CPU", align: "right", value: ({ cpuCores }) => (cpuCores === null ? null : formatCores(cpuCores)) },
        {
          title: "MEMORY",
          align: "right",
          value: ({ memoryBytes }) => (memoryBytes === null ? null : formatBytes(memoryBytes)),
        },
        { title: "DATABASES", align: "right", value: ({ databaseBytes }) => formatBytes(databaseBytes) },
        { title: "CONNECTIONS", align: "right", value: ({ connections }) => connections, leaveOut: 2 },
        { title: "POINTS", align: "right", value: ({ points }) => points },
        { title: "BUCKETS", align: "right", value: ({ bucketBytes }) => formatBytes(bucketBytes) },
        { title: "OBJECTS", align: "right", value: ({ objects }) => objects, leaveOut: 1 },
      ],
      style,
      fit,
    ),
    ...modelLines(usage, options),
    ...unreadLines(usage, style),
  ];
}

function tenantUsageLines(owner: OwnerUsage, usage: Usage, options: Options): string[] {
  const { style, fit, now } = options;
  return [
    ...measuredLines(owner, options),
    ...titled(
      table(
        usage.databases,
        [
          { title: "DATABASE", value: ({ database }) => database, cutTo: 16 },
          { title: "SIZE", align: "right", value: ({ bytes }) => formatBytes(bytes) },
          { title: "CONNECTIONS", align: "right", value: connectionsText, paint: paintConnections(style) },
          { title: "CONTENT", value: contentText, leaveOut: 2 },
          { title: "INSTANCE", value: ({ instance }) => instance, leaveOut: 1 },
        ],
        style,
        fit,
      ),
      usage.databases.length,
    ),
    ...titled(
      table(
        usage.collections,
        [
          { title: "COLLECTION", value: ({ collection }) => collection, cutTo: 16 },
          { title: "POINTS", align: "right", value: ({ points }) => points },
          { title: "INSTANCE", value: ({ instance }) => instance, leaveOut: 1 },
        ],
        style,
        fit,
      ),
      usage.collections.length,
    ),
    ...titled(
      table(
        usage.buckets,
        [
          { title: "BUCKET", value: ({ bucket }) => bucket, cutTo: 16 },
          { title: "SIZE", align: "right", value: sizeText, paint: paintBucket(style) },
          {
            title: "OBJECTS",
            align: "right",
            value: ({ objects, countedAt }) => (countedAt === null ? null : objects),
          },
          ...fullColumn(usage.buckets, now),
        ],
        style,
        fit,
      ),
      usage.buckets.length,
    ),
    ...unreadLines(usage, style),
  ];
}

function measuredLines({ tenant, cpuCores, memoryBytes }: OwnerUsage, { style, fit }: Options): string[] {
  return properties(
    [
      ["tenant", tenant ?? sharedScope],
      ["cpu", cpuCores === null ? "not measured" : formatCores(cpuCores)],
      ["memory", memoryBytes === null ? "not measured" : formatBytes(memoryBytes)],
    ],
    style,
    fit,
  );
}

/** A table of nothing is left out. */
function titled(lines: readonly string[], rows: number): string[] {
  return rows === 0 ? [] : ["", ...lines];
}

function modelLines({ models }: Usage, { style, fit }: Options): string[] {
  const lines = table(
    models,
    [
      { title: "LOADED MODEL", value: ({ model }) => model, cutTo: 16 },
      { title: "MEMORY", align: "right", value: ({ memoryBytes }) => formatBytes(memoryBytes) },
      { title: "GRAPHICS", align: "right", value: ({ graphicsMemoryBytes: bytes }) => formatBytes(bytes) },
      { title: "INSTANCE", value: ({ server }) => server, leaveOut: 1 },
    ],
    style,
    fit,
  );
  return titled(lines, models.length);
}

function unreadLines({ unread }: Usage, style: Style): string[] {
  if (unread.length === 0) return [];
  return ["", ...unread.map(({ server, reason }) => style.yellow(`What ${server} holds is missing: ${reason}`))];
}

function contentText({ counts }: DatabaseUsage): string | null {
  const told = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return told.length === 0 ? null : told.join(", ");
}

function connectionsText({ connections, connectionLimit }: DatabaseUsage): string {
  return connectionLimit === null ? String(connections) : `${connections} of ${connectionLimit}`;
}

function paintConnections(style: Style): (text: string, row: DatabaseUsage) => string {
  return (text, { connections, connectionLimit }) =>
    connectionLimit !== null && connections >= warning * connectionLimit ? style.red(text) : text;
}

function sizeText({ bytes, quotaBytes, countedAt }: BucketUsage): string {
  if (countedAt === null) return "not counted yet";
  return quotaBytes === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatLimit(quotaBytes)}`;
}

/** Only where something can be foretold. */
function fullColumn(buckets: readonly BucketUsage[], now: number): Column<BucketUsage>[] {
  if (buckets.every(({ fullAt }) => fullAt === null)) return [];
  return [
    {
      title: "FULL",
      value: ({ fullAt }) => (fullAt === null ? null : `in ${formatAhead(Date.parse(fullAt) - now)}`),
      leaveOut: 1,
    },
  ];
}

function paintBucket(style: Style): (text: string, row: BucketUsage) => string {
  return (text, { bytes, quotaBytes }) =>
    quotaBytes !== null && bytes >= warning * quotaBytes ? style.red(text) : text;
}
