import type { ImageDefinition } from "../definition.ts";
import { baseLayer, debianLayer, filesLayer } from "../layers.ts";

/** Upstream's user, in Debian and in its image. */
const nobody = { uid: 65_534, gid: 65_534 };

/** Debian's, and so older than the catalog's: a fleet for the lab says `version`. */
export const prometheus: ImageDefinition = {
  repository: "docker.io/prom/prometheus",
  tags: ["debian"],
  versionFrom: { package: "prometheus" },
  layers: [
    baseLayer,
    // Of its page's libraries nothing is needed by whoever asks its API.
    debianLayer(
      ["prometheus"],
      ["etc/{cron,init,logrotate}.d/**", "etc/prometheus/**", "usr/lib/systemd", "usr/share/{javascript,fonts,nodejs}"],
    ),
    filesLayer(
      { type: "directory", path: "etc/prometheus", ...nobody },
      { type: "directory", path: "prometheus", ...nobody },
    ),
  ],
  config: {
    user: "nobody",
    entrypoint: ["/usr/bin/prometheus"],
    command: ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
    workingDirectory: "/prometheus",
    ports: [9090],
    volumes: ["/prometheus"],
  },
  onDemand: true,
  source: "https://packages.debian.org/trixie/prometheus",
  standIn: false,
};
