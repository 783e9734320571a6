import { logContainersSchema, logEventSchema, logsPath } from "@berth/shared/api/instances";
import { errorBodySchema } from "@berth/shared/api/errors";
import type { InstanceStatus } from "@berth/shared/api/status";
import type { BerthError } from "@berth/shared/errors";
import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { fillPath, queryString } from "../api/client.ts";
import { openEventStream, type StreamState } from "../api/event-stream.ts";
import { ErrorNotice } from "../components/error-notice.tsx";
import { LogView, type LogEntry } from "../components/log-view.tsx";
import { sentences } from "../format/sentences.ts";
import { search, setSearch } from "../routes/location.ts";
import { logContainerOf, withLogContainer } from "../routes/log-address.ts";
import { useStore } from "../store.ts";

/** So many lines of the past are asked for. */
const tail = 200;

/** The log of an instance's containers or of one of them, followed. */
export function InstanceLog({ instance }: { instance: InstanceStatus }): JSX.Element {
  const chosen = useStore(search, logContainerOf);
  const { name, containers } = instance;
  const lives = containers
    .filter((container) => chosen === undefined || container.name === chosen)
    .map((container) => `${container.id} ${container.startedAt}`)
    .join("\n");
  const [opening, setOpening] = useState(0);
  const openAgain = () => setOpening((count) => count + 1);
  const { entries, refusal, trouble, ended } = useInstanceLog(name, chosen, opening);
  useNewLife(lives, `${name} ${chosen} ${opening}`, ended, openAgain);
  if (refusal !== undefined) {
    return (
      <section aria-labelledby="log-title">
        <h2 id="log-title">Log</h2>
        <ErrorNotice error={refusal} />
      </section>
    );
  }
  return (
    <section aria-labelledby="log-title">
      <div class="log-head">
        <h2 id="log-title">Log</h2>
        <ContainerChoice names={containers.map((container) => container.name)} chosen={chosen} />
      </div>
      <LogView label={`Log of ${name}`} entries={entries} empty="No lines yet.">
        {(trouble !== undefined || ended) && (
          <p class={trouble === undefined ? "log-note" : "log-note log-error"}>
            {trouble ?? "The log has ended."}{" "}
            <button type="button" class="small" onClick={openAgain}>
              Open it again
            </button>
          </p>
        )}
      </LogView>
    </section>
  );
}

/** A log that has ended begins anew with a container that was made or started since it was opened. */
function useNewLife(lives: string, log: string, ended: boolean, openAgain: () => void): void {
  const openedWith = useRef(lives);
  useEffect(() => void (openedWith.current = lives), [log]);
  useEffect(() => {
    if (ended && openedWith.current !== lives) openAgain();
  }, [ended, lives]);
}

function ContainerChoice({ names, chosen }: { names: string[]; chosen: string | undefined }): JSX.Element | null {
  const id = useId();
  if (names.length < 2 && chosen === undefined) return null;
  // A link may name one that is no more: the log itself then says so.
  const choices = chosen === undefined || names.includes(chosen) ? names : [...names, chosen];
  const choose = (name: string) => setSearch(withLogContainer(search.get(), name === "" ? undefined : name));
  return (
    <div class="comparison">
      <label class="secondary" for={id}>
        Container
      </label>
      <select id={id} value={chosen ?? ""} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        <option value="">all</option>
        {choices.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

interface FollowedLog {
  entries: readonly LogEntry[];
  /** Why no line will ever come. */
  refusal: BerthError | undefined;
  /** Why no lines come at the moment. */
  trouble: string | undefined;
  ended: boolean;
}

const nothing: FollowedLog = { entries: [], refusal: undefined, trouble: undefined, ended: false };

function useInstanceLog(name: string, container: string | undefined, opening: number): FollowedLog {
  const [log, setLog] = useState(nothing);
  useEffect(() => {
    let sequence = 0;
    let waiting: LogEntry[] = [];
    let fresh = true;
    let names: string[] = [];
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
    setLog((known) => ({ ...known, refusal: undefined, trouble: undefined, ended: false }));
    const stream = openEventStream({
      url: fillPath(logsPath, { name }) + queryString({ follow: true, tail, container }),
      onState: (state) => setLog((known) => ({ ...known, ...standingOf(state) })),
      // Each opening begins with the tail again; what was shown before would stand there twice.
      onOpen: () => {
        waiting = [];
        fresh = true;
      },
      onEvent: (event, data) => {
        if (event === "containers") ({ names } = logContainersSchema.parse(JSON.parse(data)));
        if (event === "line") {
          const { channel, container: whose = "", text } = logEventSchema.parse(JSON.parse(data));
          const isOnly = names.length === 1 && names[0] === whose;
          show({ prefix: isOnly ? "" : whose, text, isStderr: channel === "stderr" });
          return undefined;
        }
        if (event === "error") {
          const { error } = errorBodySchema.parse(JSON.parse(data));
          setLog((known) => ({ ...known, trouble: sentences(error), ended: true }));
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
  }, [name, container, opening]);
  return log;
}

function standingOf(state: StreamState): Omit<FollowedLog, "entries"> {
  const isRefused = state.phase === "stopped" && state.error.code === "forbidden";
  return {
    refusal: isRefused ? state.error : undefined,
    trouble: isRefused ? undefined : troubleOf(state),
    ended: state.phase === "stopped",
  };
}

function troubleOf(state: StreamState): string | undefined {
  if (state.phase === "waiting") return `${sentences(state.error)} Trying again.`;
  if (state.phase === "stopped") return sentences(state.error);
  return undefined;
}
