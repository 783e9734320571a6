/** The four charts of a node, and the four of an instance. */
import type { NodeColumn } from "@berth/shared/metrics/samples";
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { chartData } from "../samples/chart-data.ts";
import { sumOf } from "../samples/readings.ts";
import { latest, type SampleStore } from "../samples/sample-store.ts";
import { useSamples } from "../samples/use-samples.ts";
import { ChartPanel, type ChartPanelProps } from "./chart-panel.tsx";
import { ErrorNotice } from "./error-notice.tsx";

type ChartSpec = Pick<ChartPanelProps, "title" | "unit" | "curves" | "read" | "limit">;

const windows: readonly [seconds: number, label: string][] = [
  [300, "5 min"],
  [3600, "1 h"],
];

interface ChartsProps {
  node: string;
  specs: (samples: SampleStore, windowMilliseconds: number) => ChartSpec[];
}

function Charts({ node, specs }: ChartsProps): JSX.Element {
  const [seconds, setSeconds] = useState(300);
  const { samples, error } = useSamples(node, seconds);
  const charts = useMemo(() => specs(samples, seconds * 1000), [specs, samples, seconds]);
  return (
    <section aria-labelledby="charts-title">
      <div class="section-head">
        <h2 id="charts-title">Use</h2>
        <div class="choice" role="group" aria-label="Time shown">
          {windows.map(([choice, label]) => (
            <button key={choice} type="button" aria-pressed={choice === seconds} onClick={() => setSeconds(choice)}>
              {label}
            </button>
          ))}
        </div>
      </div>
      {error && <ErrorNotice error={error} what="Past samples" />}
      <div class="charts">
        {charts.map((chart) => (
          <ChartPanel key={chart.title} node={node} windowSeconds={seconds} {...chart} />
        ))}
      </div>
    </section>
  );
}

export function NodeCharts({ node, cores }: { node: string; cores: number | undefined }): JSX.Element {
  const specs = useMemo(() => {
    return (samples: SampleStore, window: number): ChartSpec[] => {
      const read = (columns: NodeColumn[]) => () => {
        const series = columns.map((column) => samples.nodeSeries(node, column));
        return chartData(series, samples.clockOffset(node), window);
      };
      return [
        { title: "CPU", unit: "cores", curves: ["cores"], read: read(["cpuCores"]), limit: () => cores ?? Number.NaN },
        {
          title: "Memory",
          unit: "bytes",
          curves: ["in use", "swap"],
          read: read(["memoryBytes", "swapBytes"]),
          limit: () => latest(samples.nodeSeries(node, "memoryLimitBytes")),
        },
        {
          title: "Network",
          unit: "rate",
          curves: ["received", "sent"],
          read: read(["networkReceiveBytesPerSecond", "networkTransmitBytesPerSecond"]),
        },
        {
          title: "Disk",
          unit: "rate",
          curves: ["read", "written"],
          read: read(["diskReadBytesPerSecond", "diskWriteBytesPerSecond"]),
        },
      ];
    };
  }, [node, cores]);
  return <Charts node={node} specs={specs} />;
}

interface InstanceChartsProps {
  node: string;
  instance: string;
  /** Names of its containers, joined by newlines: one value, so that it stays the same while they do. */
  containerNames: string;
}

export function InstanceCharts({ node, instance, containerNames }: InstanceChartsProps): JSX.Element {
  const specs = useMemo(() => {
    const names = containerNames === "" ? [] : containerNames.split("\n");
    return (samples: SampleStore, window: number): ChartSpec[] => {
      const all = { node, instance, container: null };
      const data = (series: Parameters<typeof chartData>[0]) => chartData(series, samples.clockOffset(node), window);
      const each = (column: "cpuCores" | "memoryBytes") => () =>
        data(names.map((name) => samples.containerSeries(node, name, column)));
      return [
        { title: "CPU", unit: "cores", curves: names, read: each("cpuCores") },
        {
          title: "Memory",
          unit: "bytes",
          curves: names,
          read: each("memoryBytes"),
          limit: () => Math.min(...names.map((name) => memoryLimit(samples, node, name))),
        },
        {
          title: "Network",
          unit: "rate",
          curves: ["received", "sent"],
          read: () =>
            data([
              sumOf(samples, all, "networkReceiveBytesPerSecond"),
              sumOf(samples, all, "networkTransmitBytesPerSecond"),
            ]),
        },
        {
          title: "Disk",
          unit: "rate",
          curves: ["read", "written"],
          read: () =>
            data([sumOf(samples, all, "diskReadBytesPerSecond"), sumOf(samples, all, "diskWriteBytesPerSecond")]),
        },
      ];
    };
  }, [node, instance, containerNames]);
  return <Charts node={node} specs={specs} />;
}

function memoryLimit(samples: SampleStore, node: string, container: string): number {
  const limit = latest(samples.containerSeries(node, container, "memoryLimitBytes"));
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}
