/** Alerts: what there is, trying receivers out, and silences. */
import { createSilence, endSilence, listAlerts, testAlerts } from "@berth/shared/api/alerts";
import type { FastifyInstance } from "fastify";
import type { AlertsRoom } from "../alerts/alerts.ts";
import { serveEndpoint } from "./endpoint.ts";

export type AlertsApi = Pick<AlertsRoom, "list" | "test" | "silence" | "endSilence">;

export function serveAlerts(app: FastifyInstance, alerts: AlertsApi): void {
  serveEndpoint(app, listAlerts, ({ query }) => alerts.list(query.recent));
  serveEndpoint(app, testAlerts, async ({ body }) => ({ results: await alerts.test(body.receiver) }));
  serveEndpoint(app, createSilence, ({ body, account }) => alerts.silence(body, account.name));
  serveEndpoint(app, endSilence, ({ params, account }) => alerts.endSilence(params.id, account.name));
}
