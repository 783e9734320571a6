import type { LogLine } from "@berth/shared/api/runs";
import { useEffect, useState } from "preact/hooks";
import { mergeLines } from "../fleet/log-lines.ts";
import { useSession } from "../session/session.ts";

/** The whole log of a run, live. */
export function useRunLog(run: number): readonly LogLine[] {
  const session = useSession();
  const [lines, setLines] = useState<readonly LogLine[]>([]);
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
    const end = session.live.watchRunLog(run, (line) => {
      waiting.push(line);
      frame ??= requestAnimationFrame(flush);
    });
    return () => {
      end();
      if (frame !== undefined) cancelAnimationFrame(frame);
    };
  }, [session, run]);
  return lines;
}
