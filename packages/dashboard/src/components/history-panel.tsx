import type { JSX } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { momentText, spanText } from "../format/span.ts";
import { createHistoryChart, type HistoryChart } from "../paint/history-chart.ts";
import type { ChartData } from "../samples/chart-data.ts";
import { historyText } from "../samples/chart-text.ts";
import { type HistoryCurves, summaryOf } from "../samples/history-data.ts";
import { useSession } from "../session/session.ts";
import { type ChartUnit, EarlierSwatch, looks, Swatch } from "./chart-panel.tsx";

export interface HistoryPanelProps {
  title: string;
  unit: ChartUnit;
  /** undefined: nothing has come yet. */
  curves: HistoryCurves | undefined;
  /** NaN: there is none. */
  limit: number;
  /** Of the curves, or of what is asked for. */
  span: { from: number; to: number } | undefined;
  stepSeconds: number;
  /** Charts of the same group share their cursor. */
  group: string;
  /** Must stay the same function. */
  onZoom: (from: number, to: number) => void;
}

interface Shown {
  data: ChartData;
  span: { from: number; to: number };
  limit: number;
  stepSeconds: number;
}

/** One chart of the past. Its legend has average and maximum of the whole, or of the step under the cursor; and the earlier average. */
export function HistoryPanel(props: HistoryPanelProps): JSX.Element {
  const { title, unit, curves, limit, span, stepSeconds, group, onZoom } = props;
  const { painter } = useSession();
  const target = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const moment = useRef<HTMLSpanElement>(null);
  const chart = useRef<HistoryChart | undefined>(undefined);
  const row = useRef<number | undefined>(undefined);
  const shown = useRef<Shown | undefined>(undefined);
  const look = looks[unit];
  const isCompared = curves?.isCompared ?? false;
  const names = curves?.labels.join("\n");
  const labels = useMemo(() => (names === undefined || names === "" ? [] : names.split("\n")), [names]);

  const showValues = useMemo(
    () => (): void => {
      const now = shown.current;
      if (now === undefined) return;
      const at = row.current === undefined ? undefined : now.data[0][row.current];
      const items = legend.current?.querySelectorAll("li") ?? [];
      items.forEach((item, index) => {
        const [average, maximum] = [now.data[2 * index + 1], now.data[2 * index + 2]];
        const values =
          row.current === undefined
            ? summaryOf(average, maximum)
            : { average: average?.[row.current] ?? Number.NaN, maximum: maximum?.[row.current] ?? Number.NaN };
        write(item.querySelector(".value"), look.value(values.average));
        write(item.querySelector(".most"), look.value(values.maximum));
        const earlier = now.data[1 + 2 * items.length + index];
        const compared =
          row.current === undefined ? summaryOf(earlier).average : (earlier?.[row.current] ?? Number.NaN);
        write(item.querySelector(".value.earlier"), look.value(compared));
      });
      write(
        moment.current,
        at === undefined ? spanText(now.span.from, now.span.to) : momentText(at - now.stepSeconds / 2, now.stepSeconds),
      );
    },
    [look],
  );

  useLayoutEffect(() => {
    const element = target.current;
    if (!element) return undefined;
    const made = createHistoryChart(element, {
      ...{ increments: look.increments, tick: look.tick, least: look.least },
      ...{ names: labels, isCompared, group, onZoom },
      onCursor: (under) => {
        row.current = under;
        showValues();
      },
    });
    chart.current = made;
    row.current = undefined;
    const paint = () => {
      const now = shown.current;
      if (now !== undefined && now.data.length === 1 + (isCompared ? 3 : 2) * labels.length)
        made.draw(now.data, now.span, now.limit);
    };
    const resizes = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) made.resize(entry.contentRect.width);
    });
    resizes.observe(element);
    // For another theme.
    const remove = painter.add(element, "history", paint);
    return () => {
      remove();
      resizes.disconnect();
      made.remove();
    };
  }, [painter, labels, isCompared, look, group, onZoom, showValues]);

  useLayoutEffect(() => {
    if (span === undefined) return;
    // Without curves, too: the axis tells what is asked for.
    const data: ChartData = curves?.data ?? [[]];
    shown.current = { data, span, limit, stepSeconds };
    chart.current?.draw(data, span, limit);
    showValues();
  }, [curves, span, limit, stepSeconds, labels, showValues]);
  const text = useMemo(() => {
    if (curves === undefined || span === undefined) return title;
    return historyText(`${title}, ${spanText(span.from, span.to)}`, labels, curves.data, look.value);
  }, [title, curves, span, labels, look]);

  return (
    <section class="chart history" aria-label={title}>
      <header>
        <h3>{title}</h3>
        <ul ref={legend}>
          {labels.map((name, index) => (
            <li key={name}>
              <Swatch index={index} /> {name} <span class="value" /> <span class="secondary">max</span>{" "}
              <span class="value most" />{" "}
              {isCompared && (
                <span class="compared">
                  <EarlierSwatch index={index} /> <span class="secondary">earlier</span> <span class="value earlier" />
                </span>
              )}
            </li>
          ))}
        </ul>
        <span class="secondary moment" ref={moment} />
      </header>
      <div class="plot" ref={target} role="img" aria-label={text} />
    </section>
  );
}

function write(element: Element | null, text: string): void {
  if (element) element.textContent = text;
}
