/** Everything a logged-in page holds: what it knows, the stream that tells it, and what is painted from it. */
import type { Account } from "@berth/shared/api/accounts";
import type { LiveSamples } from "@berth/shared/api/live";
import type { Run } from "@berth/shared/api/runs";
import { BerthError, toBerthError } from "@berth/shared/errors";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { StreamState } from "../api/event-stream.ts";
import { millisecondsSince, momentNow, type Moment } from "../api/moment.ts";
import { applyLiveEvent, emptyFleetState, type FleetState } from "../fleet/fleet-state.ts";
import type { LiveEvent } from "../fleet/live-event.ts";
import { createPainter, type Painter } from "../paint/painter.ts";
import { createTeller, type Teller } from "../paint/teller.ts";
import { SampleStore } from "../samples/sample-store.ts";
import { createStore, type Store } from "../store.ts";
import { loadRuns, loadSamples, loadVersion, takeRun } from "./catch-up.ts";
import { openLiveStream, type LiveStream } from "./live-stream.ts";

/** What the sparklines show. */
export const sparklineSeconds = 300;
/** A stream that was reopened sooner than this has missed nothing that a curve would show. */
const refillAfterMilliseconds = 5_000;
/** Between two questions for a run whose steps are not known: one that the controller could not answer, say. */
const askAgainMilliseconds = 2_000;
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
  teller: Teller;
  live: LiveStream;
  /** Has every live batch of samples passed on, for a window longer than that of `samples`. */
  onSamples: (listener: (batch: LiveSamples) => void) => () => void;
  /** The controller's clock, in milliseconds since the epoch. */
  controllerNow: () => number;
  /** Rises when something was changed without a run: what was asked for may be another now. */
  changes: Store<number>;
  /** Takes over a run from an answer that is under way; throws as that does. */
  takeRun: (answer: Promise<Run>) => Promise<void>;
  close: () => void;
}

/** Opens the live stream for an account. `onExpired` is called when the controller no longer knows the session. */
export function openSession(account: Account, onExpired: () => void): Session {
  const fleet = createStore(emptyFleetState);
  const stream = createStore<StreamState>({ phase: "connecting", error: undefined });
  const problems = createStore<ReadonlyMap<string, BerthError>>(new Map());
  const newVersion = createStore<string | undefined>(undefined);
  const changes = createStore(0);
  const samples = new SampleStore(sparklineSeconds);
  const painter = createPainter();
  const teller = createTeller();
  const sampleListeners = new Set<(batch: LiveSamples) => void>();
  const closing = new AbortController();
  let firstVersion: string | undefined;
  let aliveAt: Moment | undefined;
  let clockOffset = 0;
  let catchingUp = 0;

  samples.subscribe((node) => painter.request(node));
  samples.subscribe((node) => teller.request(node));

  const attempt = async (what: string, action: () => Promise<void>): Promise<void> => {
    try {
      await action();
      problems.set(without(problems.get(), what));
    } catch (thrown) {
      if (closing.signal.aborted) return;
      const error = toBerthError(thrown);
      if (error.code === "unauthenticated") onExpired();
      else problems.set(new Map(problems.get()).set(what, error));
    }
  };
  const checkVersion = async (): Promise<void> => {
    const version = await loadVersion(closing.signal);
    firstVersion ??= version;
    newVersion.set(version === firstVersion ? undefined : version);
  };
  const catchUp = (): void => {
    catchingUp += 1;
    const asked = attempt("Runs", () => loadRuns(fleet, closing.signal));
    void asked.finally(() => setTimeout(() => (catchingUp -= 1), askAgainMilliseconds));
  };
  const onOpen = (serverTime: number | undefined): void => {
    const offset = (serverTime ?? Date.now()) - Date.now();
    clockOffset = Math.abs(offset) > clockToleranceMilliseconds ? offset : 0;
    // A run is of the whole fleet.
    if (account.role !== "tenant") catchUp();
    void attempt("Version", checkVersion);
    if (aliveAt === undefined || millisecondsSince(aliveAt) > refillAfterMilliseconds) {
      aliveAt = momentNow();
      void attempt("Past samples", () => loadSamples(samples, sparklineSeconds, closing.signal));
    }
  };
  const onEvent = (event: LiveEvent): void => {
    aliveAt = momentNow();
    fleet.set(applyLiveEvent(fleet.get(), event));
    const isUnknown = event.event === "run.change" && !fleet.get().runDetails.has(event.data.id);
    if (isUnknown && catchingUp === 0) catchUp();
    if (event.event !== "samples") return;
    samples.receive(event.data, performance.now());
    for (const listener of sampleListeners) listener(event.data);
  };

  const live = openLiveStream({
    onState: (state) => {
      stream.set(state);
      if (state.phase === "stopped" && state.error.code === "unauthenticated") onExpired();
    },
    onOpen,
    onEvent,
    onMisunderstood: (error) => problems.set(new Map(problems.get()).set("Live stream", error)),
  });

  return {
    account,
    fleet,
    stream,
    problems,
    newVersion,
    changes,
    samples,
    painter,
    teller,
    live,
    onSamples: (listener) => {
      sampleListeners.add(listener);
      return () => sampleListeners.delete(listener);
    },
    controllerNow: () => Date.now() + clockOffset,
    takeRun: async (answer) => takeRun(fleet, answer),
    close: () => {
      closing.abort();
      live.close();
      painter.close();
      teller.close();
    },
  };
}

/** The map without one of its keys; the map itself when it has none such. */
function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  return map.has(key) ? new Map([...map].filter(([other]) => other !== key)) : map;
}

const SessionContext = createContext<Session | undefined>(undefined);
export const SessionProvider = SessionContext.Provider;

/** The session of the page. Only below a SessionProvider. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new BerthError("internal", "This part of the page stands outside of a session.");
  return session;
}
