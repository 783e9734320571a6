/** A history's file, filled with 13 months of containers as they are kept by default. For measurements. */
import { defaultHistory } from "@berth/shared/fleet/metrics";
import { containerColumns } from "@berth/shared/metrics/samples";
import { packBlock } from "../block.ts";
import { spanOf } from "../fold.ts";
import { Gathered, startOf } from "../gathered.ts";
import { HistoryFile } from "../history-file.ts";
import type { Group } from "../pending.ts";
import { simulateContainer } from "./series.ts";

const day = 86_400_000;
/** Samples of a step, at most: more would make it smoother, and easier to pack. */
const mostSamples = 30;

/** Up to `now`, which must be the start of a step of 15 minutes. Answers how many points were written. */
export function fillHistory(file: string, groups: readonly Group[], now: number): number {
  const stored = new HistoryFile(file);
  let points = 0;
  for (const { seconds, days } of defaultHistory.resolutions) {
    for (const [index, group] of groups.entries()) {
      const sample = simulateContainer(index + seconds);
      points += fillGroup(stored, { group, sample, step: seconds * 1000, from: now - days * day, now });
    }
  }
  stored.close();
  return points;
}

interface Filling {
  group: Group;
  sample: (at: number) => number[];
  step: number;
  from: number;
  now: number;
}

function fillGroup(stored: HistoryFile, { group, sample, step, from, now }: Filling): number {
  const span = spanOf(step);
  const spacing = Math.max(1000, step / mostSamples);
  let points = 0;
  for (let start = startOf(from, span); start < now; start += span) {
    const gathered = new Gathered(start, step, span / step);
    const curves = containerColumns.map((column) => gathered.curve(column));
    for (let at = Math.max(start, from); at < Math.min(start + span, now); at += spacing) {
      const place = gathered.stepOf(at) ?? 0;
      gathered.count(place, 1);
      for (const [index, value] of sample(at).entries()) {
        const curve = curves[index];
        if (curve !== undefined) gathered.add(curve, place, value, value, 1);
      }
    }
    points += gathered.counts.filter((count) => count > 0).length * containerColumns.length;
    stored.transaction(() =>
      stored.store(group, { from: start, stepMilliseconds: step, data: packBlock(gathered, stored) }),
    );
  }
  return points;
}
