/** What Prometheus reads, and how it is set up. */
import { getPrometheusSetup, getPrometheusTargets, metricsPath } from "@berth/shared/api/prometheus";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Prometheus } from "../prometheus/prometheus.ts";
import { serveEndpoint } from "./endpoint.ts";
import { requireReader } from "./reader.ts";

export type PrometheusApi = Prometheus;

export function servePrometheus(app: FastifyInstance, prometheus: PrometheusApi): void {
  // Whoever may see the fleet's status and samples may see them in this format, too; a tenant's account neither.
  const requireScraper = (request: FastifyRequest) =>
    requireReader(request, {
      name: "Prometheus",
      isToken: prometheus.isToken,
      least: "viewer",
      hint: "`berth prometheus` prints how it is set up with it",
    });
  app.get(metricsPath, { config: { role: "public" } }, async (request, reply) => {
    requireScraper(request);
    const { contentType, text } = await prometheus.metrics();
    return reply.type(contentType).header("cache-control", "no-store").send(text);
  });
  serveEndpoint(app, getPrometheusTargets, ({ request }) => {
    requireScraper(request);
    return prometheus.targets();
  });
  serveEndpoint(app, getPrometheusSetup, ({ query }) => prometheus.setup(query));
}
