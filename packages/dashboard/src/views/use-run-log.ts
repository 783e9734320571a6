import { getRunLogs, type LogLine } from "@berth/shared/api/runs";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { mergeLines } from "../fleet/log-lines.ts";
import { useSession } from "../session.ts";
import { useStore } from "../store.ts";

interface RunLog {
  lines: readonly LogLine[];
  error: BerthError | undefined;
}

/** The whole log of a run, live. Each time the stream opens, what was missed meanwhile is fetched. */
export function useRunLog(run: number): RunLog {
  const session = useSession();
  const phase = useStore(session.stream, (state) => state.phase);
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [error, setError] = useState<BerthError>();

  useEffect(() => {
    let waiting: LogLine[] = [];
    let frame: number | undefined;
    // Lines come in bursts; one rendering takes all that came since the last frame.
    const flush = () => {
      frame = undefined;
      const told = waiting;
      waiting = [];
      setLines((known) => mergeLines(known, told));
    };
    setLines([]);
    const end = session.watchRunLog(run, (line) => {
      waiting.push(line);
      frame ??= requestAnimationFrame(flush);
    });
    return () => {
      end();
      if (frame !== undefined) cancelAnimationFrame(frame);
    };
  }, [session, run]);

  useEffect(() => {
    if (phase !== "open") return undefined;
    const leaving = new AbortController();
    const after = lines.at(-1)?.sequence ?? 0;
    call(getRunLogs, { params: { id: run }, query: { after }, signal: leaving.signal }).then(
      (answer) => {
        setError(undefined);
        setLines((known) => mergeLines(known, answer.lines));
      },
      (thrown: unknown) => {
        if (!leaving.signal.aborted) setError(toBerthError(thrown));
      },
    );
    return () => leaving.abort();
    // Only when the stream opens: lines that arrive do not ask for more.
  }, [run, phase]);

  return { lines, error };
}
