/** What was measured lately, as far as rules ask for it: kept in memory, from the samples that pass by. */
import type { LiveSamples } from "@berth/shared/api/live";
import type { Status } from "@berth/shared/api/status";
import { nodeValue, type Row } from "@berth/shared/metrics/samples";
import type { KnownDisks } from "../agents/state/disks.ts";
import type { EventRecord } from "../agents/store.ts";
import type { Point } from "./trend.ts";

/** Means over the frames since the last look. */
export interface NodeReading {
  node: Row;
  /** By the container's name. */
  containers: ReadonlyMap<string, { instance: string; row: Row }>;
}

export interface Readings {
  take: (samples: LiveSamples) => void;
  /** What a node tells of its file systems. */
  takeDisks: (disks: KnownDisks) => void;
  /** An event of the fleet: of those, containers that ran out of memory. */
  takeEvent: (event: EventRecord) => void;
  forget: (node: string) => void;
  /** Notes how often containers have restarted. */
  note: (status: Pick<Status, "instances">, now: number) => void;
  /** By node; without those of which nothing was heard lately. */
  means: (now: number) => ReadonlyMap<string, NodeReading>;
  /** How full a disk of the node was, a point a minute: the root's by samples, others' by what their node tells. */
  disk: (node: string, mountpoint: string) => readonly Point[];
  /** null: it was never seen. */
  restarts: (node: string, container: string, query: { seconds: number; now: number }) => Restarts | null;
  /** Whether it ran out of memory; null: it has not been watched for so long. */
  outOfMemory: (node: string, container: string, query: { seconds: number; now: number }) => boolean | null;
}

export interface Restarts {
  count: number;
  /** It was watched for all of the time: there were no others. */
  isWhole: boolean;
}

/** While nobody looks, an agent sends every five seconds. */
const freshMilliseconds = 15_000;
/** A little less than a minute: what comes each minute comes a moment early at times. */
const pointMilliseconds = 55_000;
const rootPoint = "/";
const diskMilliseconds = 2 * 3_600_000;
/** While a look at the fleet goes on, what is newer than its time comes in. What is later than this is of another clock. */
const aheadMilliseconds = 60_000;
/** Changes of a count that are kept of each container. */
const mostCounts = 200;

interface Sum {
  values: number[];
  count: number;
}

interface NodeSums {
  at: number;
  node: Sum;
  containers: Map<string, { instance: string; sum: Sum }>;
  /** Whether something came since the last look. */
  isNew: boolean;
  reading: NodeReading | undefined;
}

interface Counts {
  watchedSince: number;
  changes: { at: number; restarts: number }[];
}

export function createReadings(): Readings {
  const nodes = new Map<string, NodeSums>();
  /** By node, then by mount point. */
  const disks = new Map<string, Map<string, Point[]>>();
  const counts = new Map<string, Counts>();
  /** When containers last ran out of memory. */
  const shortages = new Map<string, number>();

  function addPoint(node: string, mountpoint: string, { at, value }: Point): void {
    const ofNode = disks.get(node) ?? new Map<string, Point[]>();
    disks.set(node, ofNode);
    const points = ofNode.get(mountpoint) ?? [];
    ofNode.set(mountpoint, points);
    // The clock was set back, or what was kept while the controller was away comes after what is newer.
    while ((points.at(-1)?.at ?? at) > at) points.pop();
    if (at - (points.at(-1)?.at ?? -Infinity) < pointMilliseconds) return;
    points.push({ at, value });
    while ((points[0]?.at ?? at) < at - diskMilliseconds) points.shift();
  }

  function addRoot(node: string, at: number, row: Row): void {
    // A file system that tells no size tells nothing else either.
    if (nodeValue(row, "diskSizeBytes") > 0) addPoint(node, rootPoint, { at, value: nodeValue(row, "diskUsedBytes") });
  }

  return {
    take({ node, containers, frames }) {
      const last = frames.at(-1);
      if (last === undefined) return;
      const known = nodes.get(node);
      const sums = known?.isNew === true ? known : emptySums(known?.reading);
      nodes.set(node, sums);
      sums.at = Math.max(known?.at ?? 0, last.at);
      sums.isNew = true;
      for (const frame of frames) {
        add(sums.node, frame.node);
        addRoot(node, frame.at, frame.node);
        for (const [index, { name, instance }] of containers.entries()) {
          const row = frame.containers[index] ?? null;
          if (row === null) continue;
          const of = sums.containers.get(name) ?? { instance, sum: emptySum() };
          sums.containers.set(name, of);
          add(of.sum, row);
        }
      }
    },
    takeDisks({ node, readAt, fileSystems }) {
      const places = new Set(fileSystems.map(({ mountpoint }) => mountpoint));
      for (const place of disks.get(node)?.keys() ?? []) {
        if (place !== rootPoint && !places.has(place)) disks.get(node)?.delete(place);
      }
      for (const { mountpoint, usedBytes } of fileSystems) {
        if (mountpoint === rootPoint || usedBytes === null || readAt === null) continue;
        addPoint(node, mountpoint, { at: readAt, value: usedBytes });
      }
    },
    takeEvent({ kind, node, at, data: { container } }) {
      if (kind === "outOfMemory" && typeof container === "string") shortages.set(`${node}/${container}`, at);
    },
    forget(node) {
      nodes.delete(node);
      disks.delete(node);
    },
    note({ instances }, now) {
      const seen = new Set<string>();
      for (const { node, containers } of instances) {
        for (const { name, restarts } of containers) {
          const place = `${node}/${name}`;
          seen.add(place);
          const known = knownAt(now, counts.get(place)) ?? { watchedSince: now, changes: [{ at: now, restarts }] };
          counts.set(place, known);
          if (known.changes.at(-1)?.restarts !== restarts) known.changes.push({ at: now, restarts });
          if (known.changes.length > mostCounts) known.changes.shift();
        }
      }
      for (const place of counts.keys()) if (!seen.has(place)) counts.delete(place);
      for (const [place, at] of shortages) {
        // It would be of the last hour once that time has come.
        if (!seen.has(place) || at > now + aheadMilliseconds) shortages.delete(place);
      }
    },
    means(now) {
      const means = new Map<string, NodeReading>();
      for (const [node, sums] of nodes) {
        // Where the clock was set back, what is of the future would be fresh until that has come.
        sums.at = Math.min(sums.at, now);
        if (now - sums.at > diskMilliseconds) nodes.delete(node);
        if (now - sums.at > freshMilliseconds) continue;
        if (sums.isNew) sums.reading = meanOf(sums);
        sums.isNew = false;
        if (sums.reading !== undefined) means.set(node, sums.reading);
      }
      return means;
    },
    disk: (node, mountpoint) => disks.get(node)?.get(mountpoint) ?? [],
    outOfMemory(node, container, { seconds, now }) {
      const place = `${node}/${container}`;
      const since = now - seconds * 1000;
      const shortage = shortages.get(place);
      if (shortage !== undefined && shortage > since && shortage <= now) return true;
      return (counts.get(place)?.watchedSince ?? Infinity) <= since ? false : null;
    },
    restarts(node, container, { seconds, now }) {
      const known = counts.get(`${node}/${container}`);
      if (known === undefined) return null;
      const since = now - seconds * 1000;
      const start = known.changes.findLast(({ at }) => at <= since);
      const within = known.changes.filter(({ at }) => at > since && at <= now);
      let sum = 0;
      let former = (start ?? within.shift())?.restarts ?? 0;
      for (const { restarts } of within) {
        // A container that was made anew counts from nothing.
        sum += restarts >= former ? restarts - former : restarts;
        former = restarts;
      }
      return { count: sum, isWhole: known.watchedSince <= since };
    },
  };
}

/** Where the clock was set back nobody knows when the changes were: it is watched anew, from where it stood. */
function knownAt(now: number, known: Counts | undefined): Counts | undefined {
  const last = known?.changes.at(-1);
  if (last === undefined || last.at <= now) return known;
  return { watchedSince: now, changes: [{ at: now, restarts: last.restarts }] };
}

function emptySum(): Sum {
  return { values: [], count: 0 };
}

function emptySums(reading: NodeReading | undefined): NodeSums {
  return { at: 0, node: emptySum(), containers: new Map(), isNew: false, reading };
}

/** A column that was not measured once is not known. */
function add(sum: Sum, row: Row): void {
  for (const [index, value] of row.entries()) sum.values[index] = (sum.values[index] ?? 0) + (value ?? Number.NaN);
  sum.count += 1;
}

function mean({ values, count }: Sum): number[] {
  return values.map((value) => value / count);
}

function meanOf({ node, containers }: NodeSums): NodeReading {
  return {
    node: mean(node),
    containers: new Map([...containers].map(([name, { instance, sum }]) => [name, { instance, row: mean(sum) }])),
  };
}
