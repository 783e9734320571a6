/** What goes: what is older than its resolution is kept, and, when all of it is too large, the oldest of everything. */
import { spanOf, type Resolution } from "./fold.ts";
import type { HistoryFile } from "./history-file.ts";

/** Pages that are given back to the disk at a time: more would hold the controller up. */
const pagesAtOnce = 4096;
/** How much of its time each resolution loses while the whole is too large. */
const share = 0.05;
const mostRounds = 40;

/** Removes blocks of which no point is to be kept, and those of resolutions that there are no more. */
export function removeAged(file: HistoryFile, resolutions: readonly Resolution[], now: number): void {
  file.transaction(() => {
    for (const { stepMilliseconds } of file.oldest()) {
      const keep = resolutions.find((resolution) => resolution.stepMilliseconds === stepMilliseconds)?.keepMilliseconds;
      const before = keep === undefined ? Number.MAX_SAFE_INTEGER : now - keep - spanOf(stepMilliseconds);
      file.removeBlocksBefore(stepMilliseconds, before);
    }
    file.removeEmptyGroups();
  });
  file.shrink(pagesAtOnce);
}

/** Removes the oldest of each resolution, the same share of their times, until the rest is small enough. */
export function removeSurplus(file: HistoryFile, mostBytes: number, now: number): void {
  for (let round = 0; round < mostRounds && file.usedBytes() > mostBytes; round += 1) {
    file.transaction(() => {
      for (const { stepMilliseconds, from } of file.oldest()) {
        file.removeBlocksBefore(stepMilliseconds, from + Math.max(1, (now - from) * share));
      }
    });
  }
  file.shrink(pagesAtOnce);
}
