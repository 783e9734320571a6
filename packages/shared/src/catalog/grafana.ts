import { dashboardJson, dashboards } from "./grafana/dashboards.ts";
import { dashboardsDirectory, datasources, providers } from "./grafana/provisioning.ts";
import { defineService } from "./schema.ts";

export default defineService({
  name: "grafana",
  title: "Grafana",
  description:
    "Dashboards of the fleet, its nodes and its tenants, over the fleet's Prometheus; log in as admin with the secret adminPassword",
  website: "https://grafana.com/oss/grafana/",
  scope: "shared",
  image: "docker.io/grafana/grafana",
  version: "13.2.3",
  ports: [{ name: "http", container: 3000, host: 3003 }],
  env: {
    GF_SERVER_ROOT_URL: "${route.url}",
    GF_SECURITY_ADMIN_PASSWORD: "${secret.adminPassword}",
    GF_SECURITY_SECRET_KEY: "${secret.secretKey}",
    GF_USERS_ALLOW_SIGN_UP: "false",
    GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${dashboardsDirectory}/berth-fleet.json`,
    // It would fetch newer ones of its own plugins at each start, Prometheus' among them, and be without where that fails.
    GF_PLUGINS_PREINSTALL_DISABLED: "true",
    GF_PLUGINS_PREINSTALL_AUTO_UPDATE: "false",
    // It takes WebSockets from a page at the route's name alone, and no panel needs one.
    GF_LIVE_MAX_CONNECTIONS: "0",
    // Of Grafana itself, and without a login.
    GF_METRICS_ENABLED: "false",
    GF_ANALYTICS_REPORTING_ENABLED: "false",
    GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
    GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
    GF_NEWS_NEWS_FEED_ENABLED: "false",
    GF_SECURITY_DISABLE_GRAVATAR: "true",
    GF_SNAPSHOTS_EXTERNAL_ENABLED: "false",
  },
  files: [
    { path: "/etc/grafana/provisioning/datasources/berth.yaml", content: datasources },
    { path: "/etc/grafana/provisioning/dashboards/berth.yaml", content: providers },
    ...dashboards.map((dashboard) => ({
      path: `${dashboardsDirectory}/${dashboard.name}.json`,
      content: JSON.stringify(dashboardJson(dashboard)),
    })),
  ],
  secrets: {
    adminPassword: { length: 24, permanent: "it is read at the first start alone; change it in Grafana itself" },
    secretKey: { length: 32, permanent: "the passwords in its database are encrypted with it" },
  },
  needs: [{ kind: "service", service: "prometheus" }],
  volumes: [{ name: "data", path: "/var/lib/grafana" }],
  memory: "512MiB",
  // The first start makes its database.
  health: { http: { port: 3000, path: "/api/health" }, startPeriodSeconds: 300 },
  stopTimeoutSeconds: 30,
  route: { port: "http" },
  backup: { method: "volumes", stop: true, note: "Its users, and dashboards of their own; Berth's come with Berth" },
  upgrade: { oneWay: true, notes: "https://grafana.com/docs/grafana/latest/upgrade-guide/" },
});
