/** A sparkline with its newest number, painted outside of rendering: see paint/painter.ts. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { palette } from "../paint/palette.ts";
import { drawSparkline } from "../paint/sparkline.ts";
import type { Series } from "../samples/sample-store.ts";
import { sparklineSeconds, useSession } from "../session/session.ts";

/** What a metric shows at the moment. */
export interface Reading {
  series: Series | undefined;
  /** Value at the sparkline's upper edge. */
  most: number;
  value: string;
  /** In smaller type beside it: "of 8", "41 % of 1 GiB". */
  detail: string;
}

interface MetricProps {
  /** Node whose samples these are: they are painted anew when some arrive. */
  node: string;
  /** Must be the same function as long as it reads the same thing. */
  read: () => Reading;
  /** Without a curve, only numbers. */
  plain?: boolean;
}

export function Metric({ node, read, plain = false }: MetricProps): JSX.Element {
  const { painter } = useSession();
  const canvas = useRef<HTMLCanvasElement>(null);
  const root = useRef<HTMLDivElement>(null);
  const value = useRef<HTMLSpanElement>(null);
  const detail = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const element = root.current;
    if (!element) return undefined;
    let size = { width: 0, height: 0 };
    const paint = () => {
      const reading = read();
      setText(value.current, reading.value);
      setText(detail.current, reading.detail);
      if (canvas.current && size.width > 0) paintCurve(canvas.current, size, reading);
    };
    // Asking the canvas for its size while painting would lay out the page once for each metric.
    const resizes = new ResizeObserver(([entry]) => {
      if (entry) size = entry.contentRect;
      paint();
    });
    if (canvas.current) resizes.observe(canvas.current);
    paint();
    const remove = painter.add(element, node, paint);
    return () => {
      resizes.disconnect();
      remove();
    };
  }, [painter, node, read]);
  return (
    <div class="metric" ref={root}>
      {plain ? null : <canvas class="sparkline" ref={canvas} aria-hidden="true" />}
      <span class="numbers">
        <span class="value" ref={value} />
        <span class="detail" ref={detail} />
      </span>
    </div>
  );
}

function setText(element: HTMLElement | null, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}

function paintCurve(canvas: HTMLCanvasElement, size: { width: number; height: number }, reading: Reading): void {
  drawSparkline(canvas, reading.series, {
    width: size.width,
    height: size.height,
    ratio: devicePixelRatio,
    most: reading.most,
    windowMilliseconds: sparklineSeconds * 1000,
    colour: palette().line,
  });
}
