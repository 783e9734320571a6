/** What a chart shows, for who does not see it. Pure. */
import { formatSpan } from "../format/time.ts";
import type { ChartColumn, ChartData } from "./chart-data.ts";

interface Curve {
  name: string;
  /** What the least and the newest value are of. */
  values: ChartColumn | undefined;
  /** What the most is of, where that is another column. */
  most?: ChartColumn | undefined;
}

/** "CPU, over 15 min: cores least 0.02, most 0.85, newest 0.10" */
export function chartText(title: string, names: readonly string[], data: ChartData, write: Write): string {
  const [times, ...columns] = data;
  const span = Math.round(((times.at(-1) ?? 0) - (times[0] ?? 0)) / wholeSeconds) * wholeSeconds * 1000;
  const curves = names.map((name, index) => ({ name, values: columns[index] }));
  return sentence(`${title}, over ${formatSpan(span)}`, curves, write);
}

/** Of averages with maxima: `data` has both of each curve, one after the other. */
export function historyText(about: string, labels: readonly string[], [, ...columns]: ChartData, write: Write): string {
  const curves = labels.map((name, index) => ({
    ...{ name, values: columns[2 * index], most: columns[2 * index + 1] },
  }));
  return sentence(about, curves, write);
}

/** The first and the last sample of 15 minutes are 899 s apart. */
const wholeSeconds = 10;

type Write = (value: number) => string;

function sentence(about: string, curves: readonly Curve[], write: Write): string {
  const parts = curves.flatMap((curve) => curveText(curve, write));
  return `${about}: ${parts.length === 0 ? "nothing was measured" : parts.join("; ")}`;
}

/** Nothing of a curve that was never measured. */
function curveText({ name, values = [], most = values }: Curve, write: Write): string[] {
  let [least, highest, newest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  for (const value of values) {
    if (value === null) continue;
    least = Math.min(least, value);
    newest = value;
  }
  for (const value of most) if (value !== null) highest = Math.max(highest, value);
  if (Number.isNaN(newest)) return [];
  return [`${name} least ${write(least)}, most ${write(highest)}, newest ${write(newest)}`];
}
