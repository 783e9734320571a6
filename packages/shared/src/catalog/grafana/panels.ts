/**
 * Panels and variables as Grafana's dashboards have them in JSON, as far as Berth's use them. Version 42 of that schema
 * is the last one; newer dashboards are of another kind, which Grafana turns these into by itself.
 */
import { overrides, refIdOf, transformations } from "./tables.ts";
import { thresholdsOf } from "./thresholds.ts";

export interface Query {
  /** PromQL, with `$node` for a variable and never `${node}`, which would be a placeholder of Berth's. */
  expression: string;
  /** Name of the series: `{{tenant}}` stands for a label. Of a table: of its column. */
  legend: string;
  /** Of a column of a table that has several; otherwise it is the panel's. */
  unit?: string;
  badFrom?: number;
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
  /** Of a table: what each line is about stands in its labels, and its value is always 1. */
  labelsOnly?: true;
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
export const datasource = { type: "prometheus", uid: "$datasource" } as const;

const heights = { stat: 4, timeseries: 8, table: 8 } as const;

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

/** Likewise with several values: of the same labels each, in the order of the first one's lines. */
export function wideTable(title: string, unit: string, queries: Query[], options: Partial<Panel> = {}): Panel {
  return { type: "table", title, unit, columns: 12, queries, ...options };
}

/** Rows from the top down, and the panels of each from left to right. */
export function layOut(rows: readonly Row[]) {
  const laid: (ReturnType<typeof rowJson> | ReturnType<typeof panelJson>)[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    laid.push(rowJson(title, laid.length + 1, { x: 0, y, w: 24, h: 1 }));
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      if (x + panel.columns > 24) [x, y, height] = [0, y + height, 0];
      const h = heights[panel.type];
      laid.push(panelJson(panel, laid.length + 1, { x, y, w: panel.columns, h }));
      x += panel.columns;
      height = Math.max(height, h);
    }
    y += height;
  }
  return laid;
}

export function choiceJson({ name, label, query }: Choice) {
  return {
    ...{ type: "query" as const, name, label, datasource, definition: query, hide: 0, includeAll: false, multi: false },
    query: { qryType: 1, query, refId: "PrometheusVariableQueryEditor-VariableQuery" },
    // Read again at each change of the time, and sorted by name.
    ...{ refresh: 2, regex: "", sort: 1 },
  };
}

export function datasourceJson() {
  return {
    ...{ type: "datasource" as const, name: "datasource", label: "Data source", query: "prometheus", hide: 0 },
    ...{ includeAll: false, multi: false, refresh: 1, regex: "" },
  };
}

interface Place {
  x: number;
  y: number;
  w: number;
  h: number;
}

function rowJson(title: string, id: number, gridPos: Place) {
  return { id, type: "row" as const, title, collapsed: false, panels: [], gridPos };
}

function panelJson(panel: Panel, id: number, gridPos: Place) {
  const { type, title, description, queries } = panel;
  const isOfNow = type !== "timeseries";
  return {
    ...{ id, type, title, gridPos },
    ...(description === undefined ? {} : { description }),
    datasource,
    fieldConfig: { defaults: fieldDefaults(panel), overrides: type === "table" ? overrides(panel) : [] },
    ...(type === "table" ? { transformations: transformations(panel) } : {}),
    options: options[type],
    targets: queries.map(({ expression, legend }, index) => ({
      ...{ refId: refIdOf(index), datasource, expr: expression, legendFormat: legend },
      ...{ editorMode: "code", instant: isOfNow, range: !isOfNow },
      ...(type === "table" ? { format: "table" } : {}),
    })),
  };
}

function fieldDefaults(panel: Panel) {
  const { type, unit, stacked, max } = panel;
  const isChart = type === "timeseries";
  return {
    ...{ unit, min: 0 },
    ...(max === undefined ? {} : { max }),
    color: { mode: isChart ? ("palette-classic" as const) : ("thresholds" as const) },
    thresholds: thresholdsOf(panel),
    custom: isChart ? chartStyle(stacked === true) : {},
  };
}

export function chartStyle(isStacked: boolean) {
  return {
    ...{ lineWidth: 1, fillOpacity: isStacked ? 40 : 10, showPoints: "never" as const },
    stacking: { mode: isStacked ? ("normal" as const) : ("none" as const), group: "A" },
  };
}

export const options = {
  stat: {
    colorMode: "value" as const,
    graphMode: "none" as const,
    textMode: "auto" as const,
    reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
  },
  timeseries: {
    legend: { displayMode: "list" as const, placement: "bottom" as const, showLegend: true, calcs: [] },
    tooltip: { mode: "multi" as const, sort: "desc" as const },
  },
  table: { showHeader: true, cellHeight: "sm" as const },
};
