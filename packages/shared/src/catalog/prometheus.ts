import { caFile, configuration, rulesFile, tokenFile } from "./prometheus/configuration.ts";
import { rules } from "./prometheus/rules.ts";
import { defineService } from "./schema.ts";

const user = "berth";
/** Whom it lets in; it knows passwords by their hash alone. */
const logins = `basic_auth_users:\n  ${user}: "\${secret.password.bcrypt}"\n`;
/** With which the health check logs in. */
const ownLogin = `basic_auth:\n  username: ${user}\n  password: \${secret.password}\n`;

export default defineService({
  name: "prometheus",
  title: "Prometheus",
  description:
    "Metrics of the whole fleet, read from the controller every 15 s and kept for 90 days, with alert rules; log in as berth with the secret password",
  website: "https://prometheus.io",
  scope: "shared",
  image: "docker.io/prom/prometheus",
  version: "v3.15.0",
  command: [
    "--config.file=/etc/prometheus/prometheus.yml",
    "--web.config.file=/etc/prometheus/web.yml",
    "--storage.tsdb.path=/prometheus",
    // A fleet of forty containers takes a gigabyte in that time; a large one keeps what fits.
    "--storage.tsdb.retention.time=90d",
    "--storage.tsdb.retention.size=4GB",
  ],
  ports: [{ name: "http", container: 9090, host: 9090 }],
  files: [
    { path: "/etc/prometheus/prometheus.yml", content: configuration },
    { path: rulesFile, content: rules },
    { path: tokenFile, content: "${controller.metricsToken}" },
    { path: caFile, content: "${controller.ca}" },
    // A tenant's container on the same node reaches it past any firewall: docs/decisions/0024-prometheus-and-grafana.md
    { path: "/etc/prometheus/web.yml", content: logins },
    { path: "/etc/prometheus/promtool.yml", content: ownLogin },
  ],
  secrets: { password: { length: 32 } },
  volumes: [{ name: "data", path: "/prometheus" }],
  memory: "512MiB",
  // GET /-/ready is behind the login, too. Ready once the write-ahead log is replayed.
  health: {
    command: ["promtool", "check", "ready", "--http.config.file=/etc/prometheus/promtool.yml"],
    intervalSeconds: 2,
    startPeriodSeconds: 600,
  },
  stopTimeoutSeconds: 30,
  // No route: whoever may look has Grafana.
  backup: { method: "volumes", stop: true, note: "The past of all metrics; nothing is scraped while it is copied" },
  upgrade: {
    oneWay: true,
    major: "Its configuration, its rules and PromQL change with a major version",
    notes: "https://github.com/prometheus/prometheus/releases",
  },
});
