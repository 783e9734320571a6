/** Alertmanager's webhook JSON, version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
import { createHash } from "node:crypto";
import type { AlertMessage, ToldAlert } from "../messages.ts";
import { isOver } from "../text.ts";

/** How Go writes a time that is none: of an alert that has not ended. */
const never = "0001-01-01T00:00:00Z";

export function webhookBody(receiver: string, message: AlertMessage) {
  const alerts = message.alerts.map((alert) => asAlertmanager(alert, message));
  return {
    version: "4",
    groupKey: `{}/{receiver="${receiver}"}:{}`,
    truncatedAlerts: 0,
    status: isOver(message) ? "resolved" : "firing",
    receiver,
    groupLabels: {},
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    externalURL: message.url,
    alerts,
  };
}

function asAlertmanager(alert: ToldAlert, { fleet, url }: AlertMessage) {
  const { rule, severity, labels, summary, description, status, startsAt, endsAt, key } = alert;
  return {
    status,
    labels: { alertname: rule, severity, fleet, ...labels },
    annotations: { summary, description },
    startsAt: new Date(startsAt).toISOString(),
    endsAt: endsAt === null ? never : new Date(endsAt).toISOString(),
    generatorURL: url,
    fingerprint: createHash("sha256").update(key).digest("hex").slice(0, 16),
  };
}

function common(records: readonly Readonly<Record<string, string | undefined>>[]): Record<string, string | undefined> {
  const [first = {}, ...others] = records;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value)),
  );
}
