/** How the history of metrics stands, below the tables of `berth status`. Pure. */
import type { HistoryStatus } from "@berth/shared/metrics/history";
import { formatBytes, formatLimit } from "@berth/shared/metrics/units";
import type { RenderOptions } from "../define-command.ts";
import { printableLine } from "./printable.ts";
import { wrapSentence } from "./text.ts";
import { formatDuration } from "./time.ts";

/** Nothing while a controller that is older says nothing of it. */
export function historyStatusLines(history: HistoryStatus | undefined, options: RenderOptions): string[] {
  if (history === undefined) return [];
  const { style, fit } = options;
  const warning = (text: string) => wrapSentence(`${style.yellow("warning:")} ${text}`, fit, "  ");
  return [
    ...wrapSentence(factsText(history, options.now), fit),
    ...(history.problem === null ? [] : warning(`${printableLine(history.problem)}.`)),
    ...(history.setAside === null
      ? []
      : warning(
          `the history of metrics was damaged and has begun anew; remove ${printableLine(history.setAside)} when it is of no use.`,
        )),
  ];
}

/** `Metrics of the last 3 days take 12.4 MiB of at most 2 GiB on disk.` */
function factsText({ bytes, maxBytes, resolutions }: HistoryStatus, now: number): string {
  const since = resolutions.flatMap(({ since: oldest }) => (oldest === null ? [] : [Date.parse(oldest)]));
  const size = `${formatBytes(bytes)} of at most ${formatLimit(maxBytes)} on disk`;
  if (since.length === 0) return `The history of metrics begins: ${size}.`;
  return `The metrics' last ${formatDuration(now - Math.min(...since))} take ${size}.`;
}
