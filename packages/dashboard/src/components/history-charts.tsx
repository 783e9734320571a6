/** The charts of a node, an instance or a tenant over a longer past. */
import type { MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import type { HistoryStatus } from "@berth/shared/metrics/history";
import { formatBytes, formatLimit } from "@berth/shared/metrics/units";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { dateText, stepText } from "../format/span.ts";
import { isAnyAboveZero } from "../samples/chart-data.ts";
import { type CurveChoice, type HistoryCurves, historyCurves, lastValue } from "../samples/history-data.ts";
import type { Range } from "../samples/range.ts";
import { type HistoryRequest, useHistory } from "../samples/use-history.ts";
import { useFleetStatus } from "../session/use-answer.ts";
import type { ChartUnit } from "./chart-panel.tsx";
import { ErrorNotice } from "./error-notice.tsx";
import { HistoryPanel } from "./history-panel.tsx";

export interface HistorySpec {
  title: string;
  unit: ChartUnit;
  /** Which of the requests it is drawn from. */
  request: number;
  curves: readonly CurveChoice[];
  /** Column with the limit; or the limit. */
  limit?: string | number | undefined;
  /** Left out where nothing of it is above zero. */
  whenAny?: boolean;
}

interface HistoryChartsProps {
  /** Both must stay the same lists. */
  requests: readonly HistoryRequest[];
  specs: readonly HistorySpec[];
  range: Range;
  onZoom: (from: number, to: number) => void;
}

interface DrawnSpec extends HistorySpec {
  drawn: HistoryCurves | undefined;
  most: number;
}

export function HistoryCharts({ requests, specs, range, onZoom }: HistoryChartsProps): JSX.Element {
  const history = useFleetStatus().answer?.history;
  const { answers, span, error, asking } = useHistory(requests, range);
  const charts = useMemo(() => specs.map((spec) => drawnSpec(spec, answers?.[spec.request])), [specs, answers]);
  const shown = charts.filter(({ whenAny, drawn }) => whenAny !== true || (drawn && isAnyAboveZero(drawn.data)));
  const isEmpty = answers?.every(({ series }) => series.every(({ columns }) => isNothing(columns))) ?? false;
  return (
    <>
      <div class="chart-notes">
        <p class="secondary" role="status">
          {captionOf(answers?.[0], { asking, isEmpty })}
        </p>
        {history !== undefined && <HistoryStanding history={history} />}
      </div>
      {error && <ErrorNotice error={error} what="Past metrics" />}
      <div class="charts">
        {shown.map(({ title, unit, drawn, most }) => (
          <HistoryPanel
            key={title}
            {...{ title, unit, span, onZoom }}
            curves={drawn}
            limit={most}
            stepSeconds={answers?.[0]?.stepSeconds ?? 60}
            group="history"
          />
        ))}
      </div>
    </>
  );
}

/** What is kept, and what that takes; a warning where nothing is written, or something was lost. */
function HistoryStanding({ history }: { history: HistoryStatus }): JSX.Element {
  const { bytes, maxBytes, resolutions, problem, setAside } = history;
  const oldest = resolutions.map(({ since }) => since).findLast((since) => since !== null);
  const since = oldest === undefined || oldest === null ? "" : `Kept since ${dateText(Date.parse(oldest))}: `;
  return (
    <>
      <p class="secondary">
        {since}
        {formatBytes(bytes)} of at most {formatLimit(maxBytes)} on the controller's disk.
      </p>
      {problem !== null && <p class="notice notice-warning">{problem}.</p>}
      {setAside !== null && (
        <p class="notice notice-warning">
          The history was damaged and has begun anew. What could be of use is in {setAside}.
        </p>
      )}
    </>
  );
}

function drawnSpec(spec: HistorySpec, answer: MetricsHistoryAnswer | undefined): DrawnSpec {
  if (answer === undefined) return { ...spec, drawn: undefined, most: Number.NaN };
  const { limit } = spec;
  const most = typeof limit === "string" ? lastValue(answer, limit) : (limit ?? Number.NaN);
  return { ...spec, drawn: historyCurves(answer, spec.curves), most };
}

function isNothing(columns: MetricsHistoryAnswer["series"][number]["columns"]): boolean {
  return Object.values(columns).every(({ average }) => average.every((value) => value === null));
}

function captionOf(
  answer: MetricsHistoryAnswer | undefined,
  { asking, isEmpty }: { asking: boolean; isEmpty: boolean },
): string {
  if (asking) return "Asking the controller for the past.";
  if (answer === undefined) return "";
  if (isEmpty) return "Nothing was measured in this time.";
  const { stepSeconds, resolutionSeconds } = answer;
  const from = stepSeconds === resolutionSeconds ? "" : `, from ${stepText(resolutionSeconds)} steps`;
  return `Averages of ${stepText(stepSeconds)}${from}; shaded up to the maximum. Drag across a chart to zoom.`;
}
