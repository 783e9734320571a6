/** Folds the journal into blocks: what is over becomes one row for each group, resolution and span. */
import { addBlock, packBlock } from "./block.ts";
import { Gathered, startOf } from "./gathered.ts";
import type { HistoryFile, StoredPart } from "./history-file.ts";
import { windowMilliseconds } from "./pending.ts";

export interface Resolution {
  stepMilliseconds: number;
  keepMilliseconds: number;
}

/** Points of a block: enough to pack well, few enough to be written anew each time that something is added. */
const pointsOfBlock = 720;

export function spanOf(stepMilliseconds: number): number {
  return stepMilliseconds * pointsOfBlock;
}

export interface FoldOptions {
  file: HistoryFile;
  resolutions: readonly Resolution[];
  /** Told of each block that cannot be read: it is left out, and removed. */
  onDamaged: (error: unknown) => void;
}

/** One group's window, in one transaction: a fold that is interrupted has not begun. */
export function foldWindow({ group, window }: { group: number; window: number }, options: FoldOptions): void {
  const { file, resolutions, onDamaged } = options;
  file.transaction(() => {
    const entries = file.journal(group, { from: window, to: window + 1 });
    for (const { stepMilliseconds } of resolutions) {
      const span = spanOf(stepMilliseconds);
      const last = window + windowMilliseconds - 1;
      for (let from = startOf(window, span); from <= last; from += span) {
        const gathered = new Gathered(from, stepMilliseconds, pointsOfBlock);
        for (const entry of entries) addPart(gathered, entry, file, onDamaged);
        if (gathered.counts.every((count) => count === 0)) continue;
        for (const block of file.blocks(group, stepMilliseconds, { from, to: from + 1 })) {
          addPart(gathered, block, file, onDamaged);
        }
        file.putBlock(group, { from, stepMilliseconds, data: packBlock(gathered, file) });
      }
    }
    for (const { id } of entries) file.removeJournal(id);
  });
}

/** Answers whether the part could be read. */
export function addPart(
  target: Gathered,
  part: StoredPart,
  file: HistoryFile,
  onDamaged: (error: unknown) => void,
  wanted?: ReadonlySet<string>,
): boolean {
  try {
    addBlock(target, part, file, wanted);
    return true;
  } catch (error) {
    onDamaged(error);
    return false;
  }
}
