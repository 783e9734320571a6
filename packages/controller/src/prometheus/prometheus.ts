/** The room of what Prometheus reads: series of this moment, where to find them, and its key to them. */
import {
  getPrometheusTargets,
  metricsPath,
  type PrometheusSetup,
  type PrometheusTargets,
} from "@berth/shared/api/prometheus";
import { metricsTokenName } from "../plan/secret-names.ts";
import { createReaderToken, type ReaderTokenSecrets } from "../secrets/reader-token.ts";
import { expose } from "./exposition.ts";
import { processRegistry } from "./process-metrics.ts";
import { valuesOf, type SeriesValue } from "./series.ts";
import { freshSeconds, type Snapshot } from "./snapshot.ts";
import { prometheusTargets, type Place } from "./targets.ts";

export interface Prometheus {
  /** What is known at this moment, in the text format. Nobody is waited for: neither an agent nor a store. */
  metrics: () => Promise<{ contentType: string; text: string }>;
  /** The same, as a scrape of Prometheus would label it. */
  values: () => Promise<SeriesValue[]>;
  targets: () => Promise<PrometheusTargets>;
  /** What Prometheus is set up with; makes the token at the first call that asks for it. */
  setup: (options: { token: boolean }) => Promise<PrometheusSetup>;
  isToken: (candidate: string) => boolean;
}

/** Each is read once a scrape. */
export interface PrometheusDependencies {
  version: string;
  status: () => Promise<Snapshot["status"]>;
  recentSamples: (query: { seconds: number }) => Snapshot["samples"];
  disks: () => Snapshot["disks"];
  runs: () => Promise<Snapshot["runs"]>;
  backups: () => Promise<Snapshot["backups"]>;
  certificates: () => Promise<Snapshot["certificates"]>;
  usage: () => Snapshot["usage"];
  place: () => Promise<Place>;
  secrets: ReaderTokenSecrets;
  /** PEM of the controller's own authority. */
  caPem: string;
}

export function createPrometheus(dependencies: PrometheusDependencies): Prometheus {
  const { version, place, caPem } = dependencies;
  const token = createReaderToken(metricsTokenName, dependencies.secrets);

  async function look(): Promise<Snapshot> {
    const [status, runs, backups, certificates] = await Promise.all([
      dependencies.status(),
      dependencies.runs(),
      dependencies.backups(),
      dependencies.certificates(),
    ]);
    return {
      version,
      status,
      samples: dependencies.recentSamples({ seconds: freshSeconds }),
      disks: dependencies.disks(),
      runs,
      backups,
      certificates,
      usage: dependencies.usage(),
    };
  }

  return {
    async metrics() {
      const own = processRegistry();
      return {
        contentType: own.contentType,
        text: `${await (await expose(await look())).write()}\n${await own.metrics()}`,
      };
    },
    async values() {
      const { fleet, host, port } = await place();
      const found = await Promise.all([(await expose(await look())).values(), valuesOf(processRegistry())]);
      const labels = { job: "berth", instance: `${host}:${port}`, ...(fleet === null ? {} : { fleet }) };
      return found.flat().map((each) => ({ ...each, labels: { ...labels, ...each.labels } }));
    },
    targets: async () => prometheusTargets(await place()),
    async setup({ token: told }) {
      const { host, port } = await place();
      const base = `https://${host}:${port}`;
      return {
        metrics: `${base}${metricsPath}`,
        targets: `${base}${getPrometheusTargets.path}`,
        ca: caPem,
        token: told ? (await token.reveal()).reveal() : null,
      };
    },
    isToken: (candidate) => token.isToken(candidate),
  };
}
