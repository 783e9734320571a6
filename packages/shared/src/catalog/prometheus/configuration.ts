/** Settings of the fleet's Prometheus, as `berth prometheus` has them for any other. */
export const rulesFile = "/etc/prometheus/berth-rules.yml";
export const tokenFile = "/etc/prometheus/berth.token";
export const caFile = "/etc/prometheus/berth-ca.pem";

// `instance` is a word of Berth's, too, so the series' own counts: honor_labels.
export const configuration = `global:
  scrape_interval: 15s
  evaluation_interval: 15s

rule_files:
  - ${rulesFile}

scrape_configs:
  - job_name: berth
    honor_labels: true
    metrics_path: /metrics
    scheme: https
    authorization:
      type: Bearer
      credentials_file: ${tokenFile}
    tls_config:
      ca_file: ${caFile}
    http_sd_configs:
      - url: https://\${controller.address}:\${controller.port}/api/prometheus/targets
        authorization:
          type: Bearer
          credentials_file: ${tokenFile}
        tls_config:
          ca_file: ${caFile}
`;
