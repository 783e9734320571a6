/** What the history has of a node as frames, for whoever shows samples of a time that memory has none of. */
import { setImmediate as breathe } from "node:timers/promises";
import type { LiveSamples } from "@berth/shared/api/live";
import { containerColumns, type Frame, mostContainers, nodeColumns } from "@berth/shared/metrics/samples";
import { Gathered } from "./gathered.ts";
import type { Group } from "./pending.ts";
import { gatherStored, groupsOf, type Sources, stepsFrom } from "./read.ts";

export interface FramesQuery {
  node: string;
  /** Milliseconds since the epoch; `to` is not included. */
  from: number;
  to: number;
}

/** Reads once, from what there is at that moment. */
type Read = <Value>(read: (sources: Sources) => Value) => Value;

/** Charts join what is that far apart: of longer steps there are several frames. */
const apartMilliseconds = 10_000;
/** An entry of the journal has what came in a minute. To look for longer ones, which writing that failed made, would cost more than all the rest. */
const longestEntryMilliseconds = 120_000;

const columnsOfNode = new Set<string>(nodeColumns);
const columnsOfContainer = new Set<string>(containerColumns);

/** Averages of the finest steps, each in the middle of what it is of; a step that nothing was measured in has no frame. */
export async function readFrames({ node, from, to }: FramesQuery, read: Read): Promise<LiveSamples> {
  const steps = read((sources) => stepsFrom(from, to, sources));
  const found: { group: Group; gathered: Gathered }[] = [];
  for (const group of read((sources) => groupsOf({ nameOf: nameIfOf(node) }, sources))) {
    const wanted = group.container === "" ? columnsOfNode : columnsOfContainer;
    const empty = new Gathered(steps.from, steps.stepMilliseconds, steps.length);
    const gathered = read((sources) => gatherStored(group, sources, empty, wanted, from - longestEntryMilliseconds));
    if (gathered.counts.some((count) => count > 0)) found.push({ group, gathered });
    // A node may have a thousand: others have their turn.
    await breathe();
  }
  const own = found.find(({ group }) => group.container === "")?.gathered;
  const containers = found.filter(({ group }) => group.container !== "").slice(0, mostContainers);
  const { length, stepMilliseconds, from: first } = steps;
  const frames = Array.from({ length }, (_, step): Frame[] => {
    const row = rowAt(own, step, nodeColumns);
    const rows = containers.map(({ gathered }) => rowAt(gathered, step, containerColumns));
    if (row === null && rows.every((one) => one === null)) return [];
    const begin = first + step * stepMilliseconds;
    return momentsOf(begin, stepMilliseconds)
      .filter((at) => at >= from && at < to)
      .map((at) => ({ at, node: row ?? nodeColumns.map(() => null), containers: rows }));
  }).flat();
  return {
    node,
    containers: containers.map(({ group }) => ({ name: group.container, instance: group.instance })),
    frames,
  };
}

function nameIfOf(node: string): (group: Group) => string | undefined {
  return (group) => (group.node === node ? node : undefined);
}

function momentsOf(begin: number, stepMilliseconds: number): number[] {
  const length = Math.ceil(stepMilliseconds / apartMilliseconds);
  return Array.from({ length }, (_, index) => Math.round(begin + ((index + 0.5) * stepMilliseconds) / length));
}

/** null: nothing was measured. */
function rowAt(gathered: Gathered | undefined, step: number, columns: readonly string[]): (number | null)[] | null {
  if (gathered === undefined || (gathered.counts[step] ?? 0) === 0) return null;
  return columns.map((column) => {
    const curve = gathered.curves.get(column);
    const value = curve === undefined ? Number.NaN : gathered.average(curve, step);
    return Number.isNaN(value) ? null : Number(value.toPrecision(6));
  });
}

/** `earlier` before `kept`, of the same node. What both have comes first, so that the frames of `kept` stay as they are. */
export function joined(earlier: LiveSamples, kept: LiveSamples): LiveSamples {
  // What agents kept while they were cut off may have come since the history was read.
  const before = kept.frames[0]?.at ?? Number.POSITIVE_INFINITY;
  const missing = earlier.frames.filter(({ at }) => at < before);
  if (missing.length === 0) return kept;
  const containers = [...kept.containers];
  const known = new Map(containers.map(({ name }, place) => [name, place]));
  const places = earlier.containers.map((one) => known.get(one.name) ?? containers.push(one) - 1);
  const frames = missing.map((frame) => {
    const rows: Frame["containers"] = containers.map(() => null);
    for (const [index, place] of places.entries()) rows[place] = frame.containers[index] ?? null;
    return { ...frame, containers: rows };
  });
  return { node: kept.node, containers, frames: [...frames, ...kept.frames] };
}
