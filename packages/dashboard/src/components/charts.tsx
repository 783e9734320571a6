/** The charts of a node, of an instance and of a tenant: live, or of a longer past. */
import type { ContainerColumn, NodeColumn } from "@berth/shared/metrics/samples";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { chartData } from "../samples/chart-data.ts";
import type { CurveChoice } from "../samples/history-data.ts";
import { between, isLive } from "../samples/range.ts";
import { sumOf } from "../samples/readings.ts";
import { latest, type SampleStore } from "../samples/sample-store.ts";
import type { HistoryRequest } from "../samples/use-history.ts";
import { setComparison, setRange, useRange } from "../samples/use-range.ts";
import { useSamples } from "../samples/use-samples.ts";
import { ComparisonChoice } from "./comparison-choice.tsx";
import { ChartPanel, type ChartPanelProps } from "./chart-panel.tsx";
import { ErrorNotice } from "./error-notice.tsx";
import { heldRequest, heldSpecs, diskRequests, diskSpecs, volumesRequest, volumesSpec } from "./held-charts.ts";
import { HistoryCharts, type HistorySpec } from "./history-charts.tsx";
import { RangeBar } from "./range-bar.tsx";
import { RangeProblem } from "./range-problem.tsx";

type ChartSpec = Pick<ChartPanelProps, "title" | "unit" | "curves" | "read" | "limit" | "whenAny">;

/** Of the live view. */
const liveSeconds = 900;

interface ChartsProps {
  /** Node whose samples are shown live; undefined: there is no live view of it. */
  node: string | undefined;
  specs: (samples: SampleStore, windowMilliseconds: number) => ChartSpec[];
  /** undefined: what to ask for is not known yet. */
  requests: readonly HistoryRequest[] | undefined;
  historySpecs: readonly HistorySpec[];
}

function Charts({ node, specs, requests, historySpecs }: ChartsProps): JSX.Element {
  const { range, comparison } = useRange();
  const liveNode = isLive(range) ? node : undefined;
  return (
    <section aria-labelledby="charts-title">
      <div class="section-head">
        <h2 id="charts-title">Use</h2>
        <RangeBar range={range} onChange={setRange}>
          <ComparisonChoice comparison={comparison} isLive={liveNode !== undefined} onChange={setComparison} />
        </RangeBar>
      </div>
      <RangeProblem />
      {liveNode !== undefined ? (
        <LiveCharts node={liveNode} specs={specs} onZoom={zoom} />
      ) : (
        requests && <HistoryCharts {...{ requests, range, comparison }} specs={historySpecs} onZoom={zoom} />
      )}
    </section>
  );
}

function zoom(from: number, to: number): void {
  setRange(between(from, to));
}

interface LiveChartsProps extends Pick<ChartsProps, "specs"> {
  node: string;
  onZoom: (from: number, to: number) => void;
}

function LiveCharts({ node, specs, onZoom }: LiveChartsProps): JSX.Element {
  const { samples, error } = useSamples(node, liveSeconds);
  const charts = useMemo(() => specs(samples, liveSeconds * 1000), [specs, samples]);
  return (
    <>
      {error && <ErrorNotice error={error} what="Past samples" />}
      <div class="charts">
        {charts.map((chart) => (
          <ChartPanel key={chart.title} node={node} windowSeconds={liveSeconds} onZoom={onZoom} {...chart} />
        ))}
      </div>
    </>
  );
}

interface NodeChartsProps {
  node: string;
  cores: number | undefined;
  /** Of which volumes curves are shown, joined by newlines: one value, so that it stays the same while they do. undefined: not known yet. */
  volumeNames: string | undefined;
}

export function NodeCharts({ node, cores, volumeNames }: NodeChartsProps): JSX.Element {
  const specs = useMemo(() => {
    return (samples: SampleStore, window: number): ChartSpec[] => {
      const read = (columns: NodeColumn[]) => (now: number) => {
        const series = columns.map((column) => samples.nodeSeries(node, column));
        return chartData(series, now, window);
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
        {
          title: "Pressure",
          unit: "share",
          curves: ["CPU", "memory", "disks"],
          read: read(["cpuPressure", "memoryPressure", "ioPressure"]),
          whenAny: true,
        },
        { title: "Load", unit: "cores", curves: ["average of a minute"], read: read(["loadAverage"]), whenAny: true },
      ];
    };
  }, [node, cores]);
  const requests = useMemo(
    () =>
      volumeNames === undefined
        ? undefined
        : [
            summed("node", node, [...sumColumns, "swapBytes", ...pressureColumns, "loadAverage"]),
            ...diskRequests(node, volumeNames === "" ? [] : volumeNames.split("\n")),
          ],
    [node, volumeNames],
  );
  const historySpecs = useMemo(
    () => [
      cpuSpec([{ column: "cpuCores", label: "cores" }], 0, cores),
      memorySpec([
        { column: "memoryBytes", label: "in use" },
        { column: "swapBytes", label: "swap" },
      ]),
      ...rateSpecs(0),
      pressureSpec,
      loadSpec,
      ...diskSpecs(1),
    ],
    [cores],
  );
  return <Charts {...{ node, specs, requests, historySpecs }} />;
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
      const each = (column: "cpuCores" | "memoryBytes" | "cpuThrottled") => (now: number) => {
        const series = names.map((name) => samples.containerSeries(node, name, column));
        return chartData(series, now, window);
      };
      const sums = (columns: ContainerColumn[]) => (now: number) => {
        const series = columns.map((column) => sumOf(samples, all, column));
        return chartData(series, now, window);
      };
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
          read: sums(["networkReceiveBytesPerSecond", "networkTransmitBytesPerSecond"]),
        },
        {
          title: "Disk",
          unit: "rate",
          curves: ["read", "written"],
          read: sums(["diskReadBytesPerSecond", "diskWriteBytesPerSecond"]),
        },
        { title: "CPU throttled", unit: "cores", curves: names, read: each("cpuThrottled"), whenAny: true },
      ];
    };
  }, [node, instance, containerNames]);
  const requests = useMemo(
    () => [
      { ...summed("instance", instance, instanceColumns), by: "container" as const },
      summed("instance", instance, rateColumns),
      volumesRequest("instance", instance),
    ],
    [instance],
  );
  return <Charts {...{ node, specs, requests, historySpecs: ofContainers }} />;
}

interface TenantChartsProps {
  tenant: string;
  /** Of each bucket, in bytes; undefined: none that is known. */
  bucketQuota: number | undefined;
}

/**
 * All that is a tenant's, on whichever nodes, added up, and what stores and disks hold for it, each thing apart. What goes on this
 * second is on the pages of its instances.
 */
export function TenantCharts({ tenant, bucketQuota }: TenantChartsProps): JSX.Element {
  const requests = useMemo(
    () => [summed("tenant", tenant, ["cpuCores", "memoryBytes", ...rateColumns]), heldRequest(tenant)],
    [tenant],
  );
  const historySpecs = useMemo(() => [...ofTenant, ...heldSpecs(1, bucketQuota)], [bucketQuota]);
  return <Charts node={undefined} specs={noSpecs} requests={requests} historySpecs={historySpecs} />;
}

const rateColumns: readonly ContainerColumn[] = [
  "networkReceiveBytesPerSecond",
  "networkTransmitBytesPerSecond",
  "diskReadBytesPerSecond",
  "diskWriteBytesPerSecond",
];
const instanceColumns: readonly ContainerColumn[] = ["cpuCores", "memoryBytes", "memoryLimitBytes", "cpuThrottled"];
const pressureColumns: readonly NodeColumn[] = ["cpuPressure", "memoryPressure", "ioPressure"];
const sumColumns: readonly ContainerColumn[] = ["cpuCores", "memoryBytes", "memoryLimitBytes", ...rateColumns];

function summed(kind: HistoryRequest["kind"], name: string, columns: readonly string[]): HistoryRequest {
  return { kind, name, columns, by: "sum" };
}

function cpuSpec(curves: readonly CurveChoice[], request = 0, limit?: number): HistorySpec {
  return { title: "CPU", unit: "cores", request, curves, limit };
}

function memorySpec(curves: readonly CurveChoice[]): HistorySpec {
  return { title: "Memory", unit: "bytes", request: 0, curves, limit: "memoryLimitBytes" };
}

function rateSpecs(request: number): HistorySpec[] {
  return [
    {
      ...{ title: "Network", unit: "rate", request },
      curves: [
        { column: "networkReceiveBytesPerSecond", label: "received" },
        { column: "networkTransmitBytesPerSecond", label: "sent" },
      ],
    },
    {
      ...{ title: "Disk", unit: "rate", request },
      curves: [
        { column: "diskReadBytesPerSecond", label: "read" },
        { column: "diskWriteBytesPerSecond", label: "written" },
      ],
    },
  ];
}

const pressureSpec: HistorySpec = {
  ...{ title: "Pressure", unit: "share", request: 0, whenAny: true },
  curves: [
    { column: "cpuPressure", label: "CPU" },
    { column: "memoryPressure", label: "memory" },
    { column: "ioPressure", label: "disks" },
  ],
};
const loadSpec: HistorySpec = {
  ...{ title: "Load", unit: "cores", request: 0, whenAny: true },
  curves: [{ column: "loadAverage", label: "average of a minute" }],
};
const ofContainers: readonly HistorySpec[] = [
  cpuSpec([{ column: "cpuCores" }]),
  memorySpec([{ column: "memoryBytes" }]),
  ...rateSpecs(1),
  { ...cpuSpec([{ column: "cpuThrottled" }]), title: "CPU throttled", whenAny: true },
  volumesSpec("Volumes", 2),
];
const ofTenant: readonly HistorySpec[] = [
  cpuSpec([{ column: "cpuCores", label: "cores" }]),
  // Limits of containers do not add up to one that the tenant has.
  { ...memorySpec([{ column: "memoryBytes", label: "in use" }]), limit: undefined },
  ...rateSpecs(0),
];

const noSpecs = (): ChartSpec[] => [];

function memoryLimit(samples: SampleStore, node: string, container: string): number {
  const limit = latest(samples.containerSeries(node, container, "memoryLimitBytes"));
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}
