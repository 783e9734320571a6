/** The charts of a node, an instance or a tenant over a longer past. */
import type { MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import type { HistoryStatus } from "@berth/shared/metrics/history";
import { formatBytes, formatLimit } from "@berth/shared/metrics/units";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { dateText, spanText, stepText } from "../format/span.ts";
import { isAnyAboveZero } from "../samples/chart-data.ts";
import {
  type CurveChoice,
  type EarlierAnswer,
  type HistoryCurves,
  historyCurves,
  lastValue,
} from "../samples/history-data.ts";
import type { Comparison } from "../samples/comparison.ts";
import type { Range, Span } from "../samples/range.ts";
import { type EarlierHistory, type HistoryRequest, useHistory } from "../samples/use-history.ts";
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
  /** A chart for each series, with its name behind the title, and a limit of its own. */
  isEach?: boolean;
}

/** A node of other systems may have a hundred file systems. */
const mostOfEach = 12;

interface HistoryChartsProps {
  /** Both must stay the same lists. */
  requests: readonly HistoryRequest[];
  specs: readonly HistorySpec[];
  range: Range;
  comparison: Comparison | undefined;
  onZoom: (from: number, to: number) => void;
}

interface DrawnSpec extends HistorySpec {
  drawn: HistoryCurves | undefined;
  most: number;
}

export function HistoryCharts({ requests, specs, range, comparison, onZoom }: HistoryChartsProps): JSX.Element {
  const history = useFleetStatus().answer?.history;
  const { answers, span, error, earlier, earlierError, asking } = useHistory(requests, range, comparison);
  const charts = useMemo(
    () => specs.flatMap((spec) => drawnSpecs(spec, answers?.[spec.request], earlierAnswer(spec, span, earlier))),
    [specs, answers, span, earlier],
  );
  const shown = charts.filter(({ whenAny, drawn }) => whenAny !== true || (drawn && isAnyAboveZero(drawn.data)));
  return (
    <>
      <div class="chart-notes">
        <p class="secondary">
          <span role="status">{captionOf(answers, span, asking)}</span>
          {/* Not told by itself: it changes every minute while a range moves on. */}
          {answers !== undefined && earlier !== undefined && ` ${comparedCaption(answers, earlier)}`}
        </p>
        {history !== undefined && <HistoryStanding history={history} />}
      </div>
      {error && <ErrorNotice error={error} what="Past metrics" />}
      {earlierError && <ErrorNotice error={earlierError} what="Metrics to compare with" />}
      <div class="charts">
        {shown.map(({ title, unit, drawn, most, request }) => (
          <HistoryPanel
            key={title}
            {...{ title, unit, span, onZoom }}
            curves={drawn}
            limit={most}
            stepSeconds={answers?.[request]?.stepSeconds ?? 60}
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

function earlierAnswer(
  { request }: HistorySpec,
  span: Span | undefined,
  earlier: EarlierHistory | undefined,
): EarlierAnswer | undefined {
  const answer = earlier?.answers[request];
  if (answer === undefined || earlier === undefined || span === undefined) return undefined;
  return { answer, lag: Math.round(span.from - earlier.span.from) };
}

function drawnSpecs(
  spec: HistorySpec,
  answer: MetricsHistoryAnswer | undefined,
  earlier: EarlierAnswer | undefined,
): DrawnSpec[] {
  if (spec.isEach !== true || answer === undefined) return [drawnSpec(spec, answer, earlier)];
  const answers = earlier === undefined ? [answer] : [answer, earlier.answer];
  const names = new Set(answers.flatMap(({ series }) => series.map((one) => one.name)));
  return [...names].slice(0, mostOfEach).map((name) => {
    const before = earlier && { ...earlier, answer: onlySeries(earlier.answer, name) };
    return drawnSpec({ ...spec, title: `${spec.title} ${name}` }, onlySeries(answer, name), before);
  });
}

function onlySeries(answer: MetricsHistoryAnswer, name: string): MetricsHistoryAnswer {
  return { ...answer, series: answer.series.filter((one) => one.name === name) };
}

function drawnSpec(
  spec: HistorySpec,
  answer: MetricsHistoryAnswer | undefined,
  earlier: EarlierAnswer | undefined,
): DrawnSpec {
  if (answer === undefined) return { ...spec, drawn: undefined, most: Number.NaN };
  const { limit } = spec;
  const most = typeof limit === "string" ? lastValue(answer, limit) : (limit ?? Number.NaN);
  return { ...spec, drawn: historyCurves(answer, spec.curves, earlier), most };
}

function isNothing(answers: readonly MetricsHistoryAnswer[]): boolean {
  const curves = answers.flatMap(({ series }) => series.flatMap(({ columns }) => Object.values(columns)));
  return curves.every(({ average }) => average.every((value) => value === null));
}

function captionOf(
  answers: readonly MetricsHistoryAnswer[] | undefined,
  span: Span | undefined,
  asking: boolean,
): string {
  if (asking) {
    const former =
      answers === undefined || span === undefined ? "" : ` Until it answers: ${spanText(span.from, span.to)}.`;
    return `Asking the controller for the past.${former}`;
  }
  const answer = answers?.[0];
  if (answers === undefined || answer === undefined) return "";
  if (isNothing(answers)) return "Nothing was measured in this time.";
  const { stepSeconds, resolutionSeconds } = answer;
  const from = stepSeconds === resolutionSeconds ? "" : `, from ${stepText(resolutionSeconds)} steps`;
  // Stores are not asked, and disks not looked at, so often.
  const longest = Math.max(...answers.map((one) => one.stepSeconds));
  const others = longest === stepSeconds ? "" : `, and of ${stepText(longest)} for stores and disks`;
  return `Averages of ${stepText(stepSeconds)}${from}${others}; shaded up to the maximum. Drag across a chart to zoom.`;
}

function comparedCaption(answers: readonly MetricsHistoryAnswer[], { answers: earlier, span }: EarlierHistory): string {
  const dotted = `Dotted: ${spanText(span.from, span.to)}`;
  if (isNothing(earlier)) return `${dotted}, of which nothing was measured.`;
  const step = earlier[0]?.stepSeconds ?? 0;
  return step === answers[0]?.stepSeconds ? `${dotted}.` : `${dotted}, averages of ${stepText(step)}.`;
}
