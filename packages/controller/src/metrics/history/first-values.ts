/** Since when there are values: blocks begin at round moments, which may be days before the first value in them. */
import { firstOfBlock } from "./block.ts";
import type { HistoryFile, StoredPart } from "./history-file.ts";

/** Windows are folded one after the other: of the oldest blocks, those that were made first have the first values. */
const firstMade = 8;

export interface FirstValue {
  stepMilliseconds: number;
  from: number;
}

/** Of each resolution of which there are blocks, from the finest. Throws what SQLite throws. */
export function firstValues(file: HistoryFile): FirstValue[] {
  const found: FirstValue[] = [];
  for (const { stepMilliseconds, from: start } of file.oldest()) {
    const blocks = file.firstBlocks(stepMilliseconds, start, firstMade);
    const steps = blocks.map((block) => firstStep(block) ?? Number.POSITIVE_INFINITY);
    const first = Number.isFinite(Math.min(...steps)) ? Math.min(...steps) : start;
    // A finer resolution knows when within its step.
    const finer = found.at(-1)?.from ?? first;
    const isWithin = finer >= first && finer < first + stepMilliseconds;
    found.push({ stepMilliseconds, from: isWithin ? finer : first });
  }
  return found;
}

function firstStep(block: StoredPart): number | undefined {
  try {
    return firstOfBlock(block);
  } catch {
    // Damaged: who reads its curves is told.
    return undefined;
  }
}
