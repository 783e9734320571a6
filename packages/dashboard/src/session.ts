/** Everything a logged-in page holds: what it knows, the stream that tells it, and what is painted from it. */
import type { Account } from "@berth/shared/api/accounts";
import { livePath, liveTopics, type LiveSamples } from "@berth/shared/api/live";
import { getSamples } from "@berth/shared/api/metrics";
import { getRun, listRuns, type LogLine } from "@berth/shared/api/runs";
import { getVersion } from "@berth/shared/api/status";
import { BerthError, toBerthError } from "@berth/shared/errors";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { call, queryString } from "./api/client.ts";
import { openEventStream, type EventStream, type StreamState } from "./api/event-stream.ts";
import { applyLiveEvent, applyRun, applyRunList, emptyFleetState, type FleetState } from "./fleet/fleet-state.ts";
import { parseLiveEvent } from "./fleet/live-event.ts";
import { createPainter, type Painter } from "./paint/painter.ts";
import { SampleStore } from "./samples/sample-store.ts";
import { createStore, type Store } from "./store.ts";

/** What the sparklines show. */
export const sparklineSeconds = 300;
const recentRuns = 30;
/** A stream that was reopened sooner than this has missed nothing that a curve would show. */
const refillAfterMilliseconds = 5_000;
/** A Date header counts whole seconds and travelled for a while. */
const clockToleranceMilliseconds = 2_000;

export interface Session {
  account: Account;
  fleet: Store<FleetState>;
  stream: Store<StreamState>;
  /** What went wrong beside the stream, by what was tried. */
  problems: Store<ReadonlyMap<string, BerthError>>;
  /** Set when the controller was updated since the page was loaded: its new version. */
  newVersion: Store<string | undefined>;
  samples: SampleStore;
  painter: Painter;
  /** Has every live batch of samples passed on, for a window longer than that of `samples`. */
  onSamples(listener: (batch: LiveSamples) => void): () => void;
  /** Milliseconds since anything arrived; undefined before anything did. */
  silence(): number | undefined;
  /** The controller's clock, in milliseconds since the epoch. */
  controllerNow(): number;
  /**
   * Has the stream carry the log of a run to `listener`: its lines so far each time the stream opens, then each as it
   * comes. One run at a time. Answers with what ends it.
   */
  watchRunLog(run: number, listener: (line: LogLine) => void): () => void;
  /** Takes over a run that an answer brought. */
  tellRun: (run: Parameters<typeof applyRun>[1]) => void;
  retryNow(): void;
  close(): void;
}

/** Opens the live stream for an account. `onExpired` is called when the controller no longer knows the session. */
export function openSession(account: Account, onExpired: () => void): Session {
  const fleet = createStore(emptyFleetState);
  const stream = createStore<StreamState>({ phase: "connecting" });
  const problems = createStore<ReadonlyMap<string, BerthError>>(new Map());
  const newVersion = createStore<string | undefined>(undefined);
  const samples = new SampleStore(sparklineSeconds);
  const painter = createPainter();
  const sampleListeners = new Set<(batch: LiveSamples) => void>();
  const closing = new AbortController();
  let activeAt: number | undefined;
  let filledAt = Number.NEGATIVE_INFINITY;
  let clockOffset = 0;
  let firstVersion: string | undefined;
  let watched: { run: number; listener: (line: LogLine) => void } | undefined;
  let events: EventStream | undefined;

  samples.subscribe((node) => painter.request(node));

  /** Does something and shows its error, or takes an earlier one away. */
  const attempt = async (what: string, action: () => Promise<void>): Promise<void> => {
    try {
      await action();
      if (problems.get().has(what)) problems.set(new Map([...problems.get()].filter(([name]) => name !== what)));
    } catch (thrown) {
      if (closing.signal.aborted) return;
      const error = toBerthError(thrown);
      if (error.code === "unauthenticated") onExpired();
      else problems.set(new Map(problems.get()).set(what, error));
    }
  };

  const loadRuns = async () => {
    const { runs } = await call(listRuns, { query: { limit: recentRuns }, signal: closing.signal });
    fleet.set(applyRunList(fleet.get(), runs));
    for (const { id } of runs.filter((run) => run.state === "running")) {
      const run = await call(getRun, { params: { id }, signal: closing.signal });
      fleet.set(applyRun(fleet.get(), run));
    }
  };
  const loadSamples = async () => {
    const { nodes } = await call(getSamples, { query: { seconds: sparklineSeconds }, signal: closing.signal });
    samples.load(nodes, performance.now());
  };
  const checkVersion = async () => {
    const { version } = await call(getVersion, { signal: closing.signal });
    firstVersion ??= version;
    newVersion.set(version === firstVersion ? undefined : version);
  };

  const onOpen = (serverTime: number | undefined) => {
    const offset = (serverTime ?? Date.now()) - Date.now();
    clockOffset = Math.abs(offset) > clockToleranceMilliseconds ? offset : 0;
    void attempt("Runs", loadRuns);
    void attempt("Version", checkVersion);
    if (performance.now() - Math.max(filledAt, activeAt ?? filledAt) > refillAfterMilliseconds) {
      filledAt = performance.now();
      void attempt("Past samples", loadSamples);
    }
  };

  const onEvent = (name: string, data: string) => {
    const event = parseLiveEvent(name, data);
    if (event === undefined) return;
    if (event.event === "samples") {
      samples.receive(event.data, Date.now(), performance.now());
      for (const listener of sampleListeners) listener(event.data);
    } else if (event.event === "log") {
      if (event.data.run === watched?.run) watched.listener(event.data);
    } else {
      fleet.set(applyLiveEvent(fleet.get(), event));
    }
  };

  const open = () => {
    events?.close();
    events = openEventStream({
      url: livePath + queryString({ topics: liveTopics.join(","), run: watched?.run }),
      onState: (state) => {
        stream.set(state);
        if (state.phase === "stopped" && state.error.code === "unauthenticated") onExpired();
      },
      onOpen,
      onActivity: () => {
        activeAt = performance.now();
      },
      onEvent: (name, data) => {
        try {
          onEvent(name, data);
        } catch (thrown) {
          const message = `The page does not understand the controller's event "${name}".`;
          const hint = "Reload the page; if that does not help, page and controller are of different versions.";
          const error = new BerthError("protocol.invalid", message, { hint, cause: thrown });
          problems.set(new Map(problems.get()).set("Live stream", error));
        }
      },
    });
  };
  open();
  let reopening = false;
  /** The stream's address names the watched run. One page leaving for another is one change of address. */
  const reopen = () => {
    if (reopening) return;
    reopening = true;
    queueMicrotask(() => {
      reopening = false;
      if (!closing.signal.aborted) open();
    });
  };

  return {
    account,
    fleet,
    stream,
    problems,
    newVersion,
    samples,
    painter,
    onSamples: (listener) => {
      sampleListeners.add(listener);
      return () => sampleListeners.delete(listener);
    },
    silence: () => (activeAt === undefined ? undefined : performance.now() - activeAt),
    controllerNow: () => Date.now() + clockOffset,
    watchRunLog: (run, listener) => {
      const mine = { run, listener };
      watched = mine;
      reopen();
      return () => {
        // Another page may have taken over before this one was gone.
        if (watched !== mine) return;
        watched = undefined;
        reopen();
      };
    },
    tellRun: (run) => fleet.set(applyRun(fleet.get(), run)),
    retryNow: () => events?.retryNow(),
    close: () => {
      closing.abort();
      events?.close();
      painter.close();
    },
  };
}

const SessionContext = createContext<Session | undefined>(undefined);
export const SessionProvider = SessionContext.Provider;

/** The session of the page. Only below a SessionProvider. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new BerthError("internal", "This part of the page stands outside of a session.");
  return session;
}
