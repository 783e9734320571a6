import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { formatBytes, formatCores, formatLimit, formatRate, formatShare } from "@berth/shared/metrics/units";
import { formatAmount } from "../format/count.ts";
import { formatSpan } from "../format/time.ts";
import { createChart } from "../paint/chart.ts";
import { colourNumber, curveDash, earlierDash } from "../paint/curve-look.ts";
import { ageOf, type ChartData, isAnyAboveZero } from "../samples/chart-data.ts";
import { chartText } from "../samples/chart-text.ts";
import { useSession } from "../session/session.ts";

export type ChartUnit = "cores" | "bytes" | "rate" | "share" | "count";

export interface ChartPanelProps {
  title: string;
  unit: ChartUnit;
  /** Names of the curves, in the order of the data's columns. */
  curves: readonly string[];
  /** Node whose samples these are. */
  node: string;
  windowSeconds: number;
  /** Of the time up to `now`, in milliseconds since the epoch. Both must stay the same functions as long as they read the same things. */
  read: (now: number) => ChartData;
  limit?: (() => number) | undefined;
  /** Left out while nothing of it is above zero: what most have none of. */
  whenAny?: boolean;
  /** Must stay the same function, too. */
  onZoom: (from: number, to: number) => void;
}

const powersOfTwo = Array.from({ length: 50 }, (_, power) => 2 ** power);
const shareSteps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];
const countSteps = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
const coreSteps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8, 16, 32, 64];

interface UnitLook {
  increments: number[];
  least: number;
  tick: (value: number) => string;
  value: (value: number) => string;
}

export const looks: Record<ChartUnit, UnitLook> = {
  cores: { increments: coreSteps, least: 0.1, tick: (value) => String(Number(value.toFixed(3))), value: formatCores },
  bytes: { increments: powersOfTwo, least: 1024 ** 2, tick: formatLimit, value: formatBytes },
  rate: { increments: powersOfTwo, least: 1024, tick: (value) => `${formatLimit(value)}/s`, value: formatRate },
  share: { increments: shareSteps, least: 0.05, tick: formatShare, value: formatShare },
  count: { increments: countSteps, least: 5, tick: formatAmount, value: formatAmount },
};

/** How a curve looks in the chart. */
export function Swatch({ index }: { index: number }): JSX.Element {
  return (
    <svg class={`swatch curve-${colourNumber(index)}`} viewBox="0 0 24 4" width="24" height="4" aria-hidden="true">
      <path d="M0 2h24" stroke-dasharray={curveDash(index).join(" ")} />
    </svg>
  );
}

/** How the same curve of an earlier time looks. */
export function EarlierSwatch({ index }: { index: number }): JSX.Element {
  return (
    <svg
      class={`swatch earlier curve-${colourNumber(index)}`}
      viewBox="0 0 20 4"
      width="20"
      height="4"
      aria-hidden="true"
    >
      <path d="M1 2h19" stroke-dasharray={earlierDash.join(" ")} />
    </svg>
  );
}

/** One chart with its legend, which shows the newest values and how old they are, or those under the cursor. */
export function ChartPanel({
  title,
  unit,
  curves,
  node,
  windowSeconds,
  read,
  limit,
  whenAny = false,
  onZoom,
}: ChartPanelProps): JSX.Element {
  const { painter, teller, controllerNow } = useSession();
  const panel = useRef<HTMLElement>(null);
  const target = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const moment = useRef<HTMLSpanElement>(null);
  const look = looks[unit];

  useLayoutEffect(() => {
    const element = target.current;
    if (!element) return undefined;
    let data: ChartData = [[]];
    let now = controllerNow();
    let row: number | undefined;
    const showValues = () => {
      const shown = row ?? data[0].length - 1;
      const values = legend.current?.querySelectorAll(".value") ?? [];
      values.forEach((value, index) => {
        value.textContent = look.value(data[index + 1]?.[shown] ?? Number.NaN);
      });
      panel.current?.classList.toggle("old", row === undefined && ageOf(data, now) !== undefined);
      if (moment.current) moment.current.textContent = momentOf(data, row, now);
    };
    const chart = createChart(element, {
      increments: look.increments,
      tick: look.tick,
      least: look.least,
      names: curves,
      windowMilliseconds: windowSeconds * 1000,
      group: node,
      onCursor: (under) => {
        row = under;
        showValues();
      },
      onZoom,
    });
    const paint = () => {
      now = controllerNow();
      data = read(now);
      // What is hidden takes no part in layout: it would never come into view, and never be painted again.
      panel.current?.classList.toggle("absent", whenAny && !isAnyAboveZero(data));
      chart.draw(data, now, limit?.() ?? Number.NaN);
      showValues();
    };
    const resizes = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) chart.resize(entry.contentRect.width);
    });
    resizes.observe(element);
    paint();
    // The whole of it: the legend may be in view alone.
    const remove = painter.add(panel.current ?? element, node, paint, true);
    return () => {
      remove();
      resizes.disconnect();
      chart.remove();
    };
  }, [painter, controllerNow, node, windowSeconds, read, limit, look, curves, whenAny, onZoom]);
  useEffect(() => {
    const tell = () =>
      target.current?.setAttribute("aria-label", chartText(title, curves, read(controllerNow()), look.value));
    tell();
    return teller.add(node, tell);
  }, [teller, controllerNow, node, title, curves, read, look]);

  return (
    <section class="chart" aria-label={title} ref={panel}>
      <header>
        <h3>{title}</h3>
        <ul ref={legend}>
          {curves.map((name, index) => (
            <li key={name}>
              <Swatch index={index} /> {name} <span class="value" />
            </li>
          ))}
        </ul>
        <span class="secondary moment" ref={moment} />
      </header>
      <div class="plot" ref={target} role="img" />
    </section>
  );
}

/** What the values of the legend are of. */
function momentOf(data: ChartData, row: number | undefined, now: number): string {
  const at = row === undefined ? undefined : data[0][row];
  if (at !== undefined) return new Date(at * 1000).toLocaleTimeString("en-GB");
  if (data[0].length === 0) return "no samples";
  const age = ageOf(data, now);
  return age === undefined ? "now" : `${formatSpan(age)} ago`;
}
