import { getHistory, type MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { useSession } from "../session/session.ts";
import { type Comparison, earlierSpan } from "./comparison.ts";
import { lengthOf, type Range, type Span, spanOf } from "./range.ts";

export interface HistoryRequest {
  kind: MetricsHistoryAnswer["kind"];
  name: string;
  columns: readonly string[];
  by: "sum" | "container";
  /** Of what is apart, these alone. */
  only?: readonly string[];
}

export interface WantedHistory {
  /** In the order of the requests; of the range that is asked for, or of the former one while that is under way. */
  answers: readonly MetricsHistoryAnswer[] | undefined;
  /** Of these answers, in milliseconds. */
  span: Span | undefined;
  error: BerthError | undefined;
  /** What these answers are compared with; undefined: nothing, or it could not be had. */
  earlier: EarlierHistory | undefined;
  earlierError: BerthError | undefined;
  /** What is shown is of another range, or nothing yet. */
  asking: boolean;
}

export interface EarlierHistory {
  answers: readonly MetricsHistoryAnswer[];
  span: Span;
}

/** About one for two pixels of a chart. */
const points = 400;
const oftenMilliseconds = 10_000;
const seldomMilliseconds = 300_000;

/** What the charts of a page show of the past: asked for at once, and anew as a range moves on. Keep `requests` the same. */
export function useHistory(
  requests: readonly HistoryRequest[],
  range: Range,
  comparison: Comparison | undefined,
): WantedHistory {
  const { controllerNow } = useSession();
  const [shown, setShown] = useState<WantedHistory>(nothing);
  useEffect(() => {
    const leaving = new AbortController();
    const askAll = (span: Span) => Promise.all(requests.map((request) => ask(request, span, leaving.signal)));
    // What cannot be compared is shown nevertheless.
    const askEarlier = async (span: Span) => {
      try {
        return { earlier: { answers: await askAll(span), span }, earlierError: undefined };
      } catch (thrown) {
        return { earlier: undefined, earlierError: toBerthError(thrown) };
      }
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    // A range that moves on changes what is shown, but is no other view: nobody is told that it is asked for.
    setShown((before) => ({ ...before, asking: true }));
    const look = async (): Promise<void> => {
      const span = spanOf(range, controllerNow());
      try {
        const [answers, compared] = await Promise.all([
          askAll(span),
          comparison === undefined ? notCompared : askEarlier(earlierSpan(span, comparison)),
        ]);
        if (leaving.signal.aborted) return;
        setShown({ answers, span, error: undefined, ...compared, asking: false });
      } catch (thrown) {
        if (leaving.signal.aborted) return;
        setShown((before) => ({ ...before, error: toBerthError(thrown), earlierError: undefined, asking: false }));
      }
      if (range.kind === "fixed" && range.to < controllerNow()) return;
      timer = setTimeout(() => void look(), restOf(range));
    };
    void look();
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [requests, range, comparison, controllerNow]);
  // What is no longer compared goes at once.
  return comparison === undefined ? { ...shown, ...notCompared } : shown;
}

const notCompared = { earlier: undefined, earlierError: undefined };
const nothing: WantedHistory = { answers: undefined, span: undefined, error: undefined, ...notCompared, asking: false };

/** As long as it takes for a chart to move by a point. */
function restOf(range: Range): number {
  return Math.min(Math.max(lengthOf(range) / points, oftenMilliseconds), seldomMilliseconds);
}

function ask(
  { kind, name, columns, by, only }: HistoryRequest,
  { from, to }: Span,
  signal: AbortSignal,
): Promise<MetricsHistoryAnswer> {
  return call(getHistory, {
    params: { kind, name },
    query: {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      columns: columns.join(","),
      ...{ points, by, only: only?.join(",") },
    },
    signal,
  });
}
