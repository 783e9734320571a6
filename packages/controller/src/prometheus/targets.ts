/** What Prometheus finds to scrape. Pure. */
import { metricsPath, type PrometheusTargets } from "@berth/shared/api/prometheus";

export interface Place {
  /** null: no fleet file was applied yet. */
  fleet: string | null;
  /** The controller's TLS listener. */
  host: string;
  port: number;
}

/** The controller alone: no service of the catalog says that it has metrics. */
export function prometheusTargets({ fleet, host, port }: Place): PrometheusTargets {
  const labels = { __scheme__: "https", __metrics_path__: metricsPath, ...(fleet === null ? {} : { fleet }) };
  return [{ targets: [`${host}:${port}`], labels }];
}
