/** How much nodes and instances use of what tables are sorted by. */
import type { InstanceStatus, NodeStatus } from "@berth/shared/api/status";
import { type MeasuredOrder, weightOf } from "@berth/shared/metrics/order";
import { sampleSilenceMilliseconds } from "../connection.ts";
import { sumOf } from "./readings.ts";
import { latest, type SampleStore, type Series } from "./sample-store.ts";

/** Averages of so many samples: a burst of one second moves nothing. */
const calmSamples = 10;

/** Smaller differences are none: idle containers would change places all the time. */
const noticeable: Record<MeasuredOrder, number> = { cpu: 0.01, memory: 1024 ** 2, network: 1024, disk: 1024 };
const noticeableShare = 0.1;

/** `before`: what it weighed before, and still does while it is about that. `now`: the monotonic clock. */
export function steadyWeight(
  samples: SampleStore,
  order: MeasuredOrder,
  row: NodeStatus | InstanceStatus,
  now: number,
  before: number | undefined,
): number {
  const least = noticeable[order];
  const weight = weightOfRow(samples, order, row, now);
  if (weight < 0) return weight;
  const rounded = Math.round(weight / least) * least;
  if (before === undefined || before < 0) return rounded;
  return Math.abs(rounded - before) > Math.max(least, noticeableShare * before) ? rounded : before;
}

/** Of what is not live nothing is known. */
export function weightOfRow(
  samples: SampleStore,
  order: MeasuredOrder,
  row: NodeStatus | InstanceStatus,
  now: number,
): number {
  const node = "node" in row ? row.node : row.name;
  if ((samples.silence(node, now) ?? Number.POSITIVE_INFINITY) > sampleSilenceMilliseconds) return -1;
  if ("node" in row) {
    const scope = { node, instance: row.name, container: null };
    return weightOf(order, (column) => lately(sumOf(samples, scope, column)));
  }
  // What the column shows of a node is how full its disk is.
  if (order === "disk") return latest(samples.nodeSeries(node, "diskUsedBytes")) || -1;
  return weightOf(order, (column) => lately(samples.nodeSeries(node, column)));
}

/** The average of what was measured of the newest samples. */
export function lately(series: Series | undefined): number {
  if (!series) return Number.NaN;
  let sum = 0;
  let measured = 0;
  for (let row = Math.max(series.begin, series.end - calmSamples); row < series.end; row += 1) {
    const value = series.values[row] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    measured += 1;
  }
  return sum / measured;
}
