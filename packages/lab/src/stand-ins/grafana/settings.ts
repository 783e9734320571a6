/** Grafana's environment: GF_<SECTION>_<KEY> of its grafana.ini, and where things are in its image. */
import { Environment, type Variables } from "../base/environment.ts";

export interface GrafanaSettings {
  port: number;
  /** Its database and what it keeps. */
  dataDirectory: string;
  provisioningDirectory: string;
  rootUrl: URL;
  /** Of the user `admin`, whom the first start makes. */
  adminPassword: string;
  homeDashboard: string | undefined;
}

/** Those of conf/defaults.ini that the catalog uses; the original takes no notice of a name that it does not know. */
const known = new Set([
  ...["GF_PATHS_DATA", "GF_PATHS_PROVISIONING", "GF_SERVER_HTTP_PORT", "GF_SERVER_ROOT_URL"],
  ...["GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_SECRET_KEY", "GF_SECURITY_DISABLE_GRAVATAR"],
  ...["GF_USERS_ALLOW_SIGN_UP", "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH", "GF_LIVE_MAX_CONNECTIONS"],
  ...["GF_PLUGINS_PREINSTALL_DISABLED", "GF_PLUGINS_PREINSTALL_AUTO_UPDATE", "GF_SNAPSHOTS_EXTERNAL_ENABLED"],
  ...["GF_ANALYTICS_REPORTING_ENABLED", "GF_ANALYTICS_CHECK_FOR_UPDATES", "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES"],
  ...["GF_NEWS_NEWS_FEED_ENABLED", "GF_METRICS_ENABLED"],
]);

export function readGrafanaSettings(variables: Variables): GrafanaSettings {
  const unknown = Object.keys(variables).filter((name) => name.startsWith("GF_") && !known.has(name));
  if (unknown.length > 0) throw new Error(`There is no setting ${unknown.join(", ")}`);
  const environment = new Environment(variables);
  for (const name of known) if (name.endsWith("_ENABLED")) environment.flag(name, true);
  environment.text("GF_SECURITY_SECRET_KEY");
  return {
    port: environment.port("GF_SERVER_HTTP_PORT", 3000),
    dataDirectory: environment.optional("GF_PATHS_DATA") ?? "/var/lib/grafana",
    provisioningDirectory: environment.optional("GF_PATHS_PROVISIONING") ?? "/etc/grafana/provisioning",
    rootUrl: environment.url("GF_SERVER_ROOT_URL", "http", "https"),
    adminPassword: environment.secret("GF_SECURITY_ADMIN_PASSWORD", 4),
    homeDashboard: environment.optional("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"),
  };
}
