/** What a person sees who opens a dashboard: each panel's queries, asked with the variables that are chosen. */
import { Refusal } from "../base/server.ts";
import { labelValues, queryNow, type Series } from "./data-source.ts";
import type { Dashboard, DataSource, Variable } from "./provisioning.ts";

export interface PanelAnswer {
  panel: string;
  refId: string;
  expression: string;
  series: Series[];
}

/** `chosen` by name; the first value of a variable that nothing is chosen for. */
export async function openDashboard(
  dashboard: Dashboard,
  source: DataSource,
  chosen: Readonly<Record<string, string>>,
): Promise<PanelAnswer[]> {
  const values = new Map<string, string>();
  for (const variable of dashboard.templating.list)
    values.set(variable.name, await valueOf(variable, source, chosen[variable.name]));
  const answers: PanelAnswer[] = [];
  for (const { title, targets } of dashboard.panels) {
    for (const { refId, expr } of targets) {
      const expression = interpolate(expr, values);
      answers.push({ panel: title, refId, expression, series: await queryNow(source, expression) });
    }
  }
  return answers;
}

async function valueOf({ name, type, query }: Variable, source: DataSource, chosen?: string): Promise<string> {
  if (type === "datasource") return source.uid;
  const offered = await labelValues(source, typeof query === "string" ? query : query.query);
  const value = chosen ?? offered[0];
  if (value === undefined || !offered.includes(value))
    throw new Refusal(400, `${name} has no value '${value ?? ""}': ${offered.join(", ")}`);
  return value;
}

/** Four times the interval at which is scraped, which is Grafana's least. */
const rateInterval = "1m";

function interpolate(expression: string, values: ReadonlyMap<string, string>): string {
  return expression.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => {
    const value = name === "__rate_interval" ? rateInterval : values.get(name);
    if (value === undefined) throw new Refusal(400, `There is no variable '${name}'`);
    return value;
  });
}
