/** What Grafana of the pinned version takes for a dashboard and for provisioning; the files of `examples/grafana`. */
import { defaultDashboard, type Dashboard as Schema } from "@grafana/schema";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type { Options as TableOptions } from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type {
  FieldConfig as ChartStyle,
  Options as ChartOptions,
} from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import schemaPackage from "@grafana/schema/package.json" with { type: "json" };
import { catalog } from "../index.ts";
import { placeholdersIn } from "../placeholders.ts";
import { dashboardJson, dashboards, type Dashboard } from "./dashboards.ts";
import { chartStyle, options } from "./panels.ts";
import { datasources, providers } from "./provisioning.ts";

/** As JSON has it: enumerations are the values that they stand for. */
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? number
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T;

/** The compiler compares it with Grafana's own types. */
const typed: (dashboard: Dashboard) => Json<Schema> = dashboardJson;
const typedOptions: {
  stat: Partial<Json<StatOptions>>;
  timeseries: Partial<Json<ChartOptions>>;
  table: Partial<Json<TableOptions>>;
} = options;
const typedStyle: (isStacked: boolean) => Partial<Json<ChartStyle>> = chartStyle;

const grafana = catalog.get("grafana");
const example = (name: string) => new URL(`../../../../../examples/grafana/${name}.json`, import.meta.url).pathname;

test("the schema is that of the pinned Grafana", () => {
  expect(schemaPackage.version).toBe(grafana?.version);
});

describe.each(dashboards)("$title", (dashboard) => {
  const json = typed(dashboard);
  const text = JSON.stringify(json);

  test("is of the last version of the schema, under a name of its own", () => {
    expect(json.schemaVersion).toBe(defaultDashboard.schemaVersion);
    expect(dashboards.filter(({ name, title }) => name === json.uid || title === json.title)).toHaveLength(1);
    // Grafana's limit.
    expect(json.uid?.length).toBeLessThanOrEqual(40);
  });

  test("has panels that do not overlap, within 24 columns, each with an id of its own", () => {
    const panels = json.panels ?? [];
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos }) => {
      if (gridPos === undefined) throw new Error("A panel has no place");
      const { x, y, w, h } = gridPos;
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  test("uses the variables that it has, and holds nothing that Berth would take for a placeholder", () => {
    const known = new Set((json.templating?.list ?? []).map(({ name }) => name));
    const used = [...text.matchAll(/\$([a-z]\w*)/g)].map(([, name]) => name ?? "");
    expect(used.filter((name) => !known.has(name))).toEqual([]);
    expect([...known].filter((name) => !used.includes(name))).toEqual([]);
    expect(placeholdersIn(text)).toEqual([]);
  });

  test("is in the catalog, and the same as a file for a Grafana of one's own", async () => {
    const file = grafana?.files.find(({ path }) => path.endsWith(`/${dashboard.name}.json`));
    expect(file?.content).toBe(text);
    await expect(`${JSON.stringify(json, null, 2)}\n`).toMatchFileSnapshot(example(dashboard.name));
  });
});

test("options of panels are those of the panels' own schemas", () => {
  expect(typedOptions.stat.reduceOptions?.calcs).toEqual(["lastNotNull"]);
  expect(typedOptions.timeseries.legend?.placement).toBe("bottom");
  expect(typedOptions.table.showHeader).toBe(true);
  expect(typedStyle(true).stacking?.mode).toBe("normal");
});

describe("provisioning", () => {
  // https://grafana.com/docs/grafana/latest/administration/provisioning/: nothing else is read.
  const dataSource = z.strictObject({
    ...{
      name: z.string(),
      uid: z.string().max(40),
      type: z.literal("prometheus"),
      access: z.enum(["proxy", "direct"]),
    },
    ...{ url: z.string(), isDefault: z.boolean(), editable: z.boolean(), basicAuth: z.boolean() },
    basicAuthUser: z.string(),
    jsonData: z.strictObject({ timeInterval: z.string().regex(/^\d+s$/), httpMethod: z.enum(["GET", "POST"]) }),
    secureJsonData: z.strictObject({ basicAuthPassword: z.string() }),
  });
  const provider = z.strictObject({
    ...{ name: z.string(), type: z.literal("file"), folder: z.string(), folderUid: z.string() },
    ...{ disableDeletion: z.boolean(), allowUiUpdates: z.boolean() },
    options: z.strictObject({ path: z.string() }),
  });
  const version = { apiVersion: z.literal(1) };

  test("names one data source: the fleet's Prometheus with its login", () => {
    const { datasources: found } = z
      .strictObject({ ...version, datasources: z.array(dataSource) })
      .parse(parse(datasources));
    expect(found).toMatchObject([
      {
        ...{ url: "${service.prometheus.url}", isDefault: true },
        secureJsonData: { basicAuthPassword: "${service.prometheus.secret.password}" },
      },
    ]);
    // What Grafana would take for a variable of its own environment, once Berth has put in the values.
    expect(datasources.replaceAll(/\$\{[^}]+\}/g, "")).not.toContain("$");
  });

  test("names the directory that the dashboards are in, home among them", () => {
    const { providers: found } = z.strictObject({ ...version, providers: z.array(provider) }).parse(parse(providers));
    const paths = (grafana?.files ?? []).map(({ path }) => path).filter((path) => path.endsWith(".json"));
    expect(paths).toHaveLength(3);
    for (const path of paths) expect(path.startsWith(`${found[0]?.options.path}/`)).toBe(true);
    expect(paths).toContain(grafana?.env["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]);
  });
});
