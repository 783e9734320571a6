/** Prometheus' key to what it scrapes: it reads that, and nothing else. No instance is named `berth-prometheus`. */
export const prometheusTokenName = "berth-prometheus/token";
