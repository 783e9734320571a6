/** Takes values by series and labels, and writes them out in Prometheus' text format. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { Counter, Gauge, Registry } from "prom-client";
import { definitions, type LabelsOf, type SeriesName } from "./definitions.ts";

export interface Series {
  /** null and what is no number are left out: Prometheus then knows that it does not know. */
  set: <Name extends SeriesName>(name: Name, labels: LabelsOf<Name>, value: number | null) => void;
  /** In the text format. Thousands of containers take a while: agents are heard in between. */
  write: () => Promise<string>;
  values: () => Promise<SeriesValue[]>;
}

/** One series' value at one moment. */
export interface SeriesValue {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** For one answer: what a later one does not set is not in it. */
export function createSeries(): Series {
  const registry = new Registry();
  const metrics = new Map<string, (labels: Record<string, string>, value: number) => void>();
  for (const [name, { type, labels, help }] of Object.entries(definitions)) {
    const options = { name, help, labelNames: labels, registers: [registry] };
    if (type === "gauge") {
      const gauge = new Gauge(options);
      metrics.set(name, (of, value) => gauge.set(of, value));
    } else {
      const counter = new Counter(options);
      metrics.set(name, (of, value) => counter.inc(of, value));
    }
  }
  return {
    set(name, labels, value) {
      if (value !== null && Number.isFinite(value)) metrics.get(name)?.(labels, value);
    },
    async write() {
      const families: string[] = [];
      for (const { name } of registry.getMetricsAsArray()) {
        families.push(await registry.getSingleMetricAsString(name));
        await nextTurn();
      }
      return `${families.join("\n\n")}\n`;
    },
    values: () => valuesOf(registry),
  };
}

/** Prometheus takes an empty label for none. */
export async function valuesOf(registry: Registry): Promise<SeriesValue[]> {
  const families = await registry.getMetricsAsJSON();
  return families.flatMap(({ name, values }) =>
    values.map((each) => ({
      // Of a histogram: name_bucket, name_sum, name_count.
      name: "metricName" in each && typeof each.metricName === "string" ? each.metricName : name,
      labels: Object.fromEntries(
        Object.entries(each.labels).flatMap(([label, value]) =>
          value === undefined || value === "" ? [] : [[label, String(value)]],
        ),
      ),
      value: each.value,
    })),
  );
}
