/** What the metrics of the tables show: samples in, words and a curve out. */
import type { ContainerColumn } from "@berth/shared/metrics/samples";
import type { Reading } from "../components/metric.tsx";
import {
  formatBytes,
  formatCores,
  formatLimit,
  formatRate,
  formatShare,
  notMeasured,
  shareOf,
} from "@berth/shared/metrics/units";
import { latest, type SampleStore, type Series } from "./sample-store.ts";

/** A sparkline's upper edge is at least this, so that an idle container's noise does not look like work. */
const leastCores = 0.2;

/** Reads one thing at any moment. */
export type Reader = () => Reading;

export function nodeCpu(samples: SampleStore, node: string, cores: number | undefined): Reader {
  return () => {
    const series = samples.nodeSeries(node, "cpuCores");
    return {
      series,
      most: cores ?? Math.max(leastCores, peak(series)),
      value: formatCores(latest(series)),
      detail: cores === undefined ? "" : `of ${cores}`,
    };
  };
}

export function nodeMemory(samples: SampleStore, node: string): Reader {
  return () => {
    const series = samples.nodeSeries(node, "memoryBytes");
    return memoryReading(series, latest(samples.nodeSeries(node, "memoryLimitBytes")));
  };
}

export function nodeDisk(samples: SampleStore, node: string): Reader {
  return () => {
    const used = latest(samples.nodeSeries(node, "diskUsedBytes"));
    const size = latest(samples.nodeSeries(node, "diskSizeBytes"));
    return { series: undefined, most: 0, value: formatBytes(used), detail: shareOfLimit(used, size) };
  };
}

export function nodeNetwork(samples: SampleStore, node: string): Reader {
  return () =>
    rates(
      latest(samples.nodeSeries(node, "networkReceiveBytesPerSecond")),
      latest(samples.nodeSeries(node, "networkTransmitBytesPerSecond")),
      "↓",
      "↑",
    );
}

/** Of an instance when `container` is null: the sum over its containers. */
export interface ContainerScope {
  node: string;
  instance: string;
  container: string | null;
}

export function containerCpu(samples: SampleStore, scope: ContainerScope): Reader {
  return () => {
    const series = sumOf(samples, scope, "cpuCores");
    return { series, most: Math.max(leastCores, peak(series)), value: formatCores(latest(series)), detail: "" };
  };
}

export function containerMemory(samples: SampleStore, scope: ContainerScope): Reader {
  return () => memoryReading(sumOf(samples, scope, "memoryBytes"), latest(sumOf(samples, scope, "memoryLimitBytes")));
}

export function containerNetwork(samples: SampleStore, scope: ContainerScope): Reader {
  return () =>
    rates(
      latest(sumOf(samples, scope, "networkReceiveBytesPerSecond")),
      latest(sumOf(samples, scope, "networkTransmitBytesPerSecond")),
      "↓",
      "↑",
    );
}

export function containerDisk(samples: SampleStore, scope: ContainerScope): Reader {
  return () =>
    rates(
      latest(sumOf(samples, scope, "diskReadBytesPerSecond")),
      latest(sumOf(samples, scope, "diskWriteBytesPerSecond")),
      "r",
      "w",
    );
}

/** One column of a container, or of all containers of an instance added up. */
export function sumOf(samples: SampleStore, scope: ContainerScope, column: ContainerColumn): Series | undefined {
  const { node, instance, container } = scope;
  if (container !== null) return samples.containerSeries(node, container, column);
  const all = samples
    .containers(node, instance)
    .map((name) => samples.containerSeries(node, name, column))
    .filter((series) => series !== undefined);
  const [first] = all;
  if (!first || all.length === 1) return first;
  const values = new Float64Array(first.values.length);
  for (const { values: other } of all) {
    for (let row = first.begin; row < first.end; row += 1) values[row] = (values[row] ?? 0) + (other[row] ?? 0);
  }
  return { ...first, values };
}

function memoryReading(series: Series | undefined, limit: number): Reading {
  const used = latest(series);
  const most = limit > 0 ? limit : peak(series) * 1.25;
  return { series, most, value: formatBytes(used), detail: shareOfLimit(used, limit) };
}

/** "41 % of 1 GiB"; empty without a limit. */
function shareOfLimit(used: number, limit: number): string {
  const share = shareOf(used, limit);
  return Number.isNaN(share) ? "" : `${formatShare(share)} of ${formatLimit(limit)}`;
}

function rates(first: number, second: number, firstName: string, secondName: string): Reading {
  if (Number.isNaN(first) && Number.isNaN(second))
    return { series: undefined, most: 0, value: notMeasured, detail: "" };
  const value = `${firstName} ${formatRate(first)}`;
  return { series: undefined, most: 0, value, detail: `${secondName} ${formatRate(second)}` };
}

function peak(series: Series | undefined): number {
  let most = 0;
  if (series) for (let row = series.begin; row < series.end; row += 1) most = Math.max(most, series.values[row] || 0);
  return most;
}
