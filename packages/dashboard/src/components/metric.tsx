/** A sparkline with its newest number, painted outside of rendering: see paint/painter.ts; and paint/teller.ts for what is out of view. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { sparklineHeight, sparklinePaths, sparklineWidth } from "../paint/sparkline.ts";
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
  const { painter, teller, controllerNow } = useSession();
  const root = useRef<HTMLDivElement>(null);
  const line = useRef<SVGPathElement>(null);
  const area = useRef<SVGPathElement>(null);
  const value = useRef<HTMLSpanElement>(null);
  const detail = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const element = root.current;
    if (!element) return undefined;
    const paint = () => {
      const reading = read();
      setText(value.current, reading.value);
      setText(detail.current, reading.detail);
      if (plain) return;
      const paths = sparklinePaths(reading.series, {
        most: reading.most,
        now: controllerNow(),
        windowMilliseconds: sparklineSeconds * 1000,
      });
      line.current?.setAttribute("d", paths.line);
      area.current?.setAttribute("d", paths.area);
    };
    paint();
    return painter.add(element, node, paint, !plain);
  }, [painter, controllerNow, node, read, plain]);
  useEffect(() => {
    return teller.add(node, () => {
      const reading = read();
      setText(value.current, reading.value);
      setText(detail.current, reading.detail);
    });
  }, [teller, node, read]);
  return (
    <div class="metric" ref={root}>
      {plain ? null : (
        <svg
          class="sparkline"
          viewBox={`0 0 ${sparklineWidth} ${sparklineHeight}`}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <path class="sparkline-area" ref={area} />
          <path class="sparkline-line" ref={line} />
        </svg>
      )}
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
