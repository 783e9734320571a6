/** What Prometheus reads of the controller, and how it is set up to do so. */
import * as z from "zod";
import { defineEndpoint } from "./define.ts";

/**
 * Answers in Prometheus' text format, to the token that reads this and the targets alone, and to viewers. It is no
 * endpoint: its answer is no JSON.
 */
export const metricsPath = "/metrics";

/** As Prometheus' HTTP service discovery takes them. */
export const prometheusTargetsSchema = z.array(
  z.strictObject({ targets: z.array(z.string()).describe("HOST:PORT"), labels: z.record(z.string(), z.string()) }),
);
export type PrometheusTargets = z.output<typeof prometheusTargetsSchema>;

export const getPrometheusTargets = defineEndpoint({
  method: "GET",
  path: "/api/prometheus/targets",
  summary: "What Prometheus scrapes, for its HTTP service discovery; to its token or a viewer",
  // Prometheus has no account.
  role: "public",
  response: prometheusTargetsSchema,
});

export const prometheusSetupSchema = z.object({
  metrics: z.url(),
  targets: z.url().describe("For http_sd_configs"),
  ca: z.string().describe("PEM of the CA that signed the controller's certificate"),
  token: z.string().nullable().describe("Reads these two and nothing else; null: it was not asked for"),
});
export type PrometheusSetup = z.output<typeof prometheusSetupSchema>;

export const getPrometheusSetup = defineEndpoint({
  method: "GET",
  path: "/api/prometheus/setup",
  summary: "How Prometheus is set up to scrape the controller; token=true makes its token, if there is none yet",
  role: "admin",
  query: z.object({ token: z.stringbool().default(false).describe("Tell the token, too") }),
  response: prometheusSetupSchema,
});
