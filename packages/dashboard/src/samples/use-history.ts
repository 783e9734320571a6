import { getHistory, type MetricsHistoryAnswer } from "@berth/shared/api/metrics";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import type { StreamState } from "../api/event-stream.ts";
import { useSession } from "../session/session.ts";
import type { Store } from "../store.ts";
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
  /** In the order of the requests; of the range that is asked for, or of the former one while that is under way: never when it failed. */
  answers: readonly MetricsHistoryAnswer[] | undefined;
  /** Of these answers, or what is asked for while there are none; in milliseconds. */
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
/** After an error; twice as long after each further one. */
const retryMilliseconds = 2_000;
const longestRetryMilliseconds = 30_000;

/** What the charts of a page show of the past: asked for at once, and anew as a range moves on. Keep `requests` the same. */
export function useHistory(
  requests: readonly HistoryRequest[],
  range: Range,
  comparison: Comparison | undefined,
): WantedHistory {
  const { controllerNow, stream } = useSession();
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
    let failures = 0;
    let isOfThisView = false;
    // A range that moves on changes what is shown, but is no other view: nobody is told that it is asked for.
    setShown((before) => ({
      ...before,
      ...(before.answers === undefined ? { span: spanOf(range, controllerNow()) } : {}),
      asking: true,
    }));
    const look = async (): Promise<void> => {
      timer = undefined;
      const span = spanOf(range, controllerNow());
      try {
        const [answers, compared] = await Promise.all([
          askAll(span),
          comparison === undefined ? notCompared : askEarlier(earlierSpan(span, comparison)),
        ]);
        if (leaving.signal.aborted) return;
        isOfThisView = true;
        failures = compared.earlierError === undefined ? 0 : failures + 1;
        setShown({ answers, span, error: undefined, ...compared, asking: false });
      } catch (thrown) {
        if (leaving.signal.aborted) return;
        failures += 1;
        const error = toBerthError(thrown);
        // What was of another view would pass for this one.
        setShown((before) => ({
          ...(isOfThisView ? before : { ...nothing, span }),
          error,
          earlierError: undefined,
          asking: false,
        }));
      }
      if (failures === 0 && range.kind === "fixed" && range.to < controllerNow()) return;
      timer = setTimeout(() => void look(), failures === 0 ? restOf(range) : retryAfter(failures));
    };
    void look();
    const stopListening = onOpening(stream, () => {
      if (failures === 0) return;
      failures = 0;
      // Otherwise it is being asked for.
      if (timer === undefined) return;
      clearTimeout(timer);
      void look();
    });
    return () => {
      stopListening();
      clearTimeout(timer);
      leaving.abort();
    };
  }, [requests, range, comparison, controllerNow, stream]);
  // What is no longer compared goes at once.
  return comparison === undefined ? { ...shown, ...notCompared } : shown;
}

const notCompared = { earlier: undefined, earlierError: undefined };
const nothing: WantedHistory = { answers: undefined, span: undefined, error: undefined, ...notCompared, asking: false };

function retryAfter(failures: number): number {
  return Math.min(retryMilliseconds * 2 ** (failures - 1), longestRetryMilliseconds);
}

/** Calls `opened` each time the stream opens from now on. Answers with what ends it. */
function onOpening(stream: Store<StreamState>, opened: () => void): () => void {
  let wasOpen = stream.get().phase === "open";
  return stream.subscribe(() => {
    const isOpen = stream.get().phase === "open";
    if (isOpen && !wasOpen) opened();
    wasOpen = isOpen;
  });
}

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
