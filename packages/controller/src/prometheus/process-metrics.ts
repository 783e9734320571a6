/** The controller's own process: prom-client's default metrics. */
import { collectDefaultMetrics, Registry } from "prom-client";

/**
 * Gauges whose names end as a counter's do, which Prometheus' own check refuses. Each is the sum of one that stays:
 * `nodejs_active_handles` and so on, by type.
 */
const misnamed = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

let registry: Registry | undefined;

/** One for the process. Nothing is watched before the first scrape: most controllers see none. */
export function processRegistry(): Registry {
  if (registry !== undefined) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  return registry;
}
