import { getPrometheusSetup, metricsPath, type PrometheusSetup } from "@berth/shared/api/prometheus";
import { stringify } from "yaml";
import { defineCommand } from "../define-command.ts";
import { usageError } from "../errors.ts";

/** Where the scrape configuration looks for what --token and --ca print. */
const files = { token: "/etc/prometheus/berth.token", ca: "/etc/prometheus/berth-ca.pem" };

export default defineCommand({
  details:
    "Prints what belongs into prometheus.yml: where Prometheus finds the controller, and the two files by which each knows " +
    "the other. --token and --ca print what these files hold, and nothing else; the token reads the metrics and nothing " +
    'else. With --json: {"metrics", "targets", "ca", "token"}; token is null without --token.',
  options: {
    token: { kind: "flag", description: `The token, for ${files.token}` },
    ca: { kind: "flag", description: `The PEM of the controller's CA, for ${files.ca}` },
  },
  examples: [
    { command: "berth prometheus", does: "what belongs into prometheus.yml" },
    { command: `berth prometheus --token > ${files.token}`, does: "for Prometheus alone: chown and chmod 600 it" },
    { command: `berth prometheus --ca > ${files.ca}`, does: "what the controller's certificate is measured by" },
  ],
  async run({ client, json, input: { token, ca } }) {
    if (token && ca && !json) throw usageError("--token and --ca exclude each other.");
    const setup = await (await client()).call(getPrometheusSetup, { query: { token: token ? "true" : "false" } });
    return { setup, only: ca ? ("ca" as const) : token ? ("token" as const) : null };
  },
  present: ({ setup }) => setup,
  render: ({ setup, only }) => (only === null ? scrapeConfiguration(setup) : (setup[only] ?? "")).trimEnd().split("\n"),
});

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config */
function scrapeConfiguration({ targets }: PrometheusSetup): string {
  // Of Debian 12, Prometheus' service discovery knows no default for the type.
  const access = {
    authorization: { type: "Bearer", credentials_file: files.token },
    tls_config: { ca_file: files.ca },
  };
  const job = {
    job_name: "berth",
    // `instance` is a word of Berth's, too: the series' own counts.
    honor_labels: true,
    metrics_path: metricsPath,
    scheme: "https",
    ...access,
    http_sd_configs: [{ url: targets, ...access }],
  };
  return stringify({ scrape_configs: [job] }, { aliasDuplicateObjects: false });
}
