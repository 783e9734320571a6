/** What Grafana finds in its provisioning directory: data sources, and dashboards in the directories of providers. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import type { Variables } from "../base/environment.ts";

const dataSourceSchema = z.strictObject({
  ...{ name: z.string(), uid: z.string(), type: z.literal("prometheus"), access: z.literal("proxy"), url: z.url() },
  ...{ isDefault: z.boolean().optional(), editable: z.boolean().optional(), basicAuth: z.boolean().optional() },
  basicAuthUser: z.string().optional(),
  jsonData: z.strictObject({ timeInterval: z.string(), httpMethod: z.enum(["GET", "POST"]) }).optional(),
  secureJsonData: z.strictObject({ basicAuthPassword: z.string() }).optional(),
});

const providerSchema = z.strictObject({
  ...{ name: z.string(), type: z.literal("file"), folder: z.string().optional(), folderUid: z.string().optional() },
  ...{ disableDeletion: z.boolean().optional(), allowUiUpdates: z.boolean().optional() },
  options: z.strictObject({ path: z.string() }),
});

const variableSchema = z.looseObject({
  name: z.string(),
  type: z.enum(["datasource", "query"]),
  query: z.union([z.string(), z.looseObject({ query: z.string() })]),
});

const panelSchema = z.looseObject({
  title: z.string(),
  type: z.enum(["row", "stat", "timeseries", "table"]),
  targets: z.array(z.looseObject({ refId: z.string(), expr: z.string(), range: z.boolean().optional() })).default([]),
});

/** The last version of this schema is 42; older ones are migrated, which the stand-in does not do. */
const dashboardSchema = z.looseObject({
  ...{ uid: z.string().min(1).max(40), title: z.string().min(1), schemaVersion: z.literal(42) },
  templating: z.object({ list: z.array(variableSchema) }),
  panels: z.array(panelSchema),
});

export type DataSource = z.output<typeof dataSourceSchema>;
export type Dashboard = z.output<typeof dashboardSchema>;
export type Variable = z.output<typeof variableSchema>;

export interface Provisioned {
  dataSources: DataSource[];
  /** With the folder that each is in. */
  dashboards: (Dashboard & { folder: string })[];
}

/** Throws what keeps Grafana from starting, or a dashboard from being there. */
export function readProvisioning(directory: string, variables: Variables): Provisioned {
  const dataSources = filesOf(join(directory, "datasources"), ".yaml").flatMap((file) => {
    const schema = z.strictObject({ apiVersion: z.literal(1), datasources: z.array(dataSourceSchema) });
    return schema.parse(expand(parse(readFileSync(file, "utf8")), variables)).datasources;
  });
  const providers = filesOf(join(directory, "dashboards"), ".yaml").flatMap((file) => {
    const schema = z.strictObject({ apiVersion: z.literal(1), providers: z.array(providerSchema) });
    return schema.parse(expand(parse(readFileSync(file, "utf8")), variables)).providers;
  });
  const dashboards = providers.flatMap(({ folder = "", options }) =>
    filesOf(options.path, ".json").map((file) => ({
      ...dashboardSchema.parse(JSON.parse(readFileSync(file, "utf8"))),
      folder,
    })),
  );
  requireOnce(dataSources, "data source");
  requireOnce(dashboards, "dashboard");
  if (dataSources.filter(({ isDefault }) => isDefault === true).length > 1)
    throw new Error("Only one data source per organization can be marked as default");
  return { dataSources, dashboards };
}

function filesOf(directory: string, ending: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => join(directory, name));
}

function requireOnce(found: readonly { uid: string }[], what: string): void {
  const uids = found.map(({ uid }) => uid);
  const twice = uids.find((uid, index) => uids.indexOf(uid) !== index);
  if (twice !== undefined) throw new Error(`There are two of the ${what} '${twice}'`);
}

/** `$NAME` and `${NAME}` in values are variables of the environment, and `$$` is a `$`. */
function expand(value: unknown, variables: Variables): unknown {
  if (typeof value === "string")
    return value.replaceAll(/\$(\$|\{(\w+)\}|(\w+))/g, (_, whole: string, braced?: string, bare?: string) =>
      whole === "$" ? "$" : (variables[braced ?? bare ?? ""] ?? ""),
    );
  if (Array.isArray(value)) return value.map((item) => expand(item, variables));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, variables)]));
}
