/**
 * Panels and variables as Grafana's dashboards have them in JSON, as far as Berth's use them. Version 42 of that schema
 * is the last one; newer dashboards are of another kind, which Grafana turns these into by itself.
 */
export interface Query {
  /** PromQL, with `$node` for a variable and never `${node}`, which would be a placeholder of Berth's. */
  expression: string;
  /** Name of the series: `{{tenant}}` stands for a label. */
  legend: string;
}

export interface Panel {
  type: "stat" | "timeseries" | "table";
  title: string;
  description?: string;
  /** Grafana's name: bytes, percentunit, s, Bps, short. */
  unit: string;
  /** Of the 24 columns of a dashboard. */
  columns: number;
  queries: Query[];
  /** Areas on top of each other, for what adds up. */
  stacked?: true;
  /** From this value on it is shown as bad. */
  badFrom?: number;
  /** From this value on it is shown as good, and below as bad. */
  goodFrom?: number;
  /** Of a share. */
  max?: number;
}

export interface Row {
  title: string;
  panels: Panel[];
}

/** A variable of the dashboard: one of a label's values. */
export interface Choice {
  name: string;
  label: string;
  /** `label_values(berth_node_up, node)` */
  query: string;
}

/** The data source that the reader chooses; in Berth's own Grafana there is one. */
export const datasource = { type: "prometheus", uid: "$datasource" };

const heights = { stat: 4, timeseries: 8, table: 8 } as const;
const colors = { good: "green", bad: "red", plain: "blue" } as const;

export function stat(title: string, unit: string, expression: string, options: Partial<Panel> = {}): Panel {
  return { type: "stat", title, unit, columns: 4, queries: [{ expression, legend: "" }], ...options };
}

export function series(title: string, unit: string, queries: Query[], options: Partial<Panel> = {}): Panel {
  return { type: "timeseries", title, unit, columns: 12, queries, ...options };
}

/** Of this moment: a line for each series, with its labels and its value. */
export function table(title: string, unit: string, expression: string, options: Partial<Panel> = {}): Panel {
  return { type: "table", title, unit, columns: 12, queries: [{ expression, legend: "" }], ...options };
}

/** Rows from the top down, and the panels of each from left to right. */
export function layOut(rows: readonly Row[]): unknown[] {
  const laid: unknown[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    laid.push({ id: laid.length + 1, type: "row", title, collapsed: false, panels: [], gridPos: place(0, y, 24, 1) });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      if (x + panel.columns > 24) [x, y, height] = [0, y + height, 0];
      const h = heights[panel.type];
      laid.push({ id: laid.length + 1, ...panelJson(panel), gridPos: place(x, y, panel.columns, h) });
      x += panel.columns;
      height = Math.max(height, h);
    }
    y += height;
  }
  return laid;
}

export function choiceJson({ name, label, query }: Choice): unknown {
  return {
    ...{ type: "query", name, label, datasource, definition: query, hide: 0, includeAll: false, multi: false },
    query: { qryType: 1, query, refId: "PrometheusVariableQueryEditor-VariableQuery" },
    // Read again at each change of the time, and sorted by name.
    ...{ current: {}, options: [], refresh: 2, regex: "", sort: 1 },
  };
}

export function datasourceJson(): unknown {
  return {
    ...{ type: "datasource", name: "datasource", label: "Data source", query: "prometheus", hide: 0 },
    ...{ current: {}, options: [], includeAll: false, multi: false, refresh: 1, regex: "" },
  };
}

function place(x: number, y: number, w: number, h: number) {
  return { x, y, w, h };
}

function panelJson(panel: Panel): Record<string, unknown> {
  const { type, title, description, queries } = panel;
  const isOfNow = type !== "timeseries";
  return {
    type,
    title,
    ...(description === undefined ? {} : { description }),
    datasource,
    fieldConfig: { defaults: fieldDefaults(panel), overrides: type === "table" ? hiddenColumns : [] },
    options: options[type],
    targets: queries.map(({ expression, legend }, index) => ({
      ...{ refId: String.fromCodePoint(65 + index), datasource, expr: expression, legendFormat: legend },
      ...{ editorMode: "code", instant: isOfNow, range: !isOfNow },
      ...(type === "table" ? { format: "table" } : {}),
    })),
  };
}

function fieldDefaults({ type, unit, stacked, badFrom, goodFrom, max }: Panel): Record<string, unknown> {
  const lines = { lineWidth: 1, fillOpacity: stacked === true ? 40 : 10, showPoints: "never" };
  const stacking = { mode: stacked === true ? "normal" : "none", group: "A" };
  return {
    unit,
    min: 0,
    ...(max === undefined ? {} : { max }),
    color: { mode: type === "timeseries" ? "palette-classic" : "thresholds" },
    thresholds: { mode: "absolute", steps: thresholdSteps(badFrom, goodFrom) },
    custom: type === "timeseries" ? { ...lines, stacking } : {},
  };
}

function thresholdSteps(badFrom: number | undefined, goodFrom: number | undefined) {
  if (badFrom !== undefined)
    return [
      { color: colors.good, value: null },
      { color: colors.bad, value: badFrom },
    ];
  if (goodFrom !== undefined)
    return [
      { color: colors.bad, value: null },
      { color: colors.good, value: goodFrom },
    ];
  return [{ color: colors.plain, value: null }];
}

const options = {
  stat: {
    ...{ colorMode: "value", graphMode: "none", justifyMode: "auto", textMode: "auto", orientation: "auto" },
    reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
  },
  timeseries: {
    legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] },
    tooltip: { mode: "multi", sort: "desc" },
  },
  table: { showHeader: true, cellHeight: "sm" },
} as const;

/** What says the same in each line. */
const hiddenColumns = ["Time", "__name__", "job", "fleet", "alertstate"].map((name) => ({
  matcher: { id: "byName", options: name },
  properties: [{ id: "custom.hidden", value: true }],
}));
