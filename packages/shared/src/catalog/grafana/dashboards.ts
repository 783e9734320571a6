/** Berth's dashboards; as files they are in `examples/grafana`, for who has a Grafana already. */
import { fleetRows } from "./fleet.ts";
import { nodeRows } from "./node.ts";
import { choiceJson, datasourceJson, layOut, type Choice, type Row } from "./panels.ts";
import { tenantRows } from "./tenant.ts";

export interface Dashboard {
  /** Of its file, without `.json`, and of its address: `/d/berth-node`. */
  name: string;
  title: string;
  choices: Choice[];
  rows: Row[];
}

export const dashboards: readonly Dashboard[] = [
  { name: "berth-fleet", title: "Berth fleet", choices: [], rows: fleetRows },
  {
    name: "berth-node",
    title: "Berth node",
    choices: [{ name: "node", label: "Node", query: "label_values(berth_node_up, node)" }],
    rows: nodeRows,
  },
  {
    name: "berth-tenant",
    title: "Berth tenant",
    // `shared` is among them: what serves all.
    choices: [{ name: "tenant", label: "Tenant", query: "label_values(berth_instance_info, tenant)" }],
    rows: tenantRows,
  },
];

/** As Grafana's schema has it. */
export function dashboardJson({ name, title, choices, rows }: Dashboard) {
  return {
    ...{ uid: name, title, tags: ["berth"], schemaVersion: 42, version: 1, editable: true, graphTooltip: 1 },
    ...{ refresh: "30s", timezone: "browser", time: { from: "now-6h", to: "now" }, timepicker: {} },
    // From each to the others, with the time that is looked at.
    links: [
      {
        ...{ type: "dashboards" as const, title: "Berth", tags: ["berth"], asDropdown: false, icon: "external link" },
        ...{ includeVars: false, keepTime: true, targetBlank: false, tooltip: "", url: "" },
      },
    ],
    annotations: { list: [] },
    templating: { list: [datasourceJson(), ...choices.map(choiceJson)] },
    panels: layOut(rows),
  };
}
