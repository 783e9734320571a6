/** What Grafana reads at its start: where its data come from, and where its dashboards are. */
export const dashboardsDirectory = "/etc/grafana/berth";

export const datasources = `apiVersion: 1
datasources:
  - name: Prometheus
    uid: berth
    type: prometheus
    access: proxy
    url: \${service.prometheus.url}
    isDefault: true
    editable: false
    basicAuth: true
    basicAuthUser: berth
    jsonData:
      # As often as Prometheus reads the metrics: the least that a step of a chart is worth.
      timeInterval: 15s
      httpMethod: POST
    secureJsonData:
      basicAuthPassword: \${service.prometheus.secret.password}
`;

export const providers = `apiVersion: 1
providers:
  - name: berth
    type: file
    folder: Berth
    folderUid: berth
    disableDeletion: true
    # A change of one's own is saved under another name: these are replaced with Berth.
    allowUiUpdates: false
    options:
      path: ${dashboardsDirectory}
`;
