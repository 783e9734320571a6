import { logEventSchema, logsPath } from "@berth/shared/api/instances";
import { errorBodySchema } from "@berth/shared/api/errors";
import type { InstanceStatus } from "@berth/shared/api/status";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { fillPath, queryString } from "../api/client.ts";
import { openEventStream, type StreamState } from "../api/event-stream.ts";
import { LogView, type LogEntry } from "../components/log-view.tsx";
import { sentences } from "../format/sentences.ts";

/** So many lines of the past are asked for. */
const tail = 200;

/** The log of an instance's containers, followed. */
export function InstanceLog({ instance }: { instance: InstanceStatus }): JSX.Element {
  // A container that was made or started anew has another log to follow.
  const lives = instance.containers.map((container) => `${container.id} ${container.startedAt}`).join("\n");
  const [opening, setOpening] = useState(0);
  const { entries, trouble, ended } = useInstanceLog(instance.name, lives, opening);
  return (
    <section aria-labelledby="log-title">
      <h2 id="log-title">Log</h2>
      <LogView label={`Log of ${instance.name}`} entries={entries} empty="No lines yet.">
        {(trouble !== undefined || ended) && (
          <p class={trouble === undefined ? "log-note" : "log-note log-error"}>
            {trouble ?? "The log has ended."}{" "}
            <button type="button" class="small" onClick={() => setOpening(opening + 1)}>
              Open it again
            </button>
          </p>
        )}
      </LogView>
    </section>
  );
}

interface FollowedLog {
  entries: readonly LogEntry[];
  /** Why no lines come at the moment. */
  trouble: string | undefined;
  ended: boolean;
}

const nothing: FollowedLog = { entries: [], trouble: undefined, ended: false };

function useInstanceLog(name: string, lives: string, opening: number): FollowedLog {
  const [log, setLog] = useState(nothing);
  useEffect(() => {
    let sequence = 0;
    let waiting: LogEntry[] = [];
    let fresh = true;
    let frame: number | undefined;
    const flush = () => {
      frame = undefined;
      const told = waiting;
      const before = fresh;
      waiting = [];
      fresh = false;
      setLog((known) => ({ ...known, entries: before ? told : [...known.entries, ...told] }));
    };
    const show = (entry: Omit<LogEntry, "sequence">) => {
      sequence += 1;
      waiting.push({ ...entry, sequence });
      frame ??= requestAnimationFrame(flush);
    };
    setLog((known) => ({ ...known, trouble: undefined, ended: false }));
    const stream = openEventStream({
      url: fillPath(logsPath, { name }) + queryString({ follow: true, tail }),
      onState: (state) => setLog((known) => ({ ...known, trouble: troubleOf(state) })),
      // Each opening begins with the tail again; what was shown before would stand there twice.
      onOpen: () => {
        waiting = [];
        fresh = true;
      },
      onEvent: (event, data) => {
        if (event === "line") {
          const { channel, text } = logEventSchema.parse(JSON.parse(data));
          show({ prefix: "", text, ...(channel === "stderr" ? { tone: "error" } : {}) });
          return undefined;
        }
        if (event === "error") {
          const { error } = errorBodySchema.parse(JSON.parse(data));
          setLog((known) => ({ ...known, trouble: sentences(error) }));
          return "end";
        }
        if (event !== "end") return undefined;
        setLog((known) => ({ ...known, ended: true }));
        return "end";
      },
    });
    return () => {
      stream.close();
      if (frame !== undefined) cancelAnimationFrame(frame);
    };
  }, [name, lives, opening]);
  return log;
}

function troubleOf(state: StreamState): string | undefined {
  if (state.phase === "waiting") return `${sentences(state.error)} Trying again.`;
  if (state.phase === "stopped") return sentences(state.error);
  return undefined;
}
