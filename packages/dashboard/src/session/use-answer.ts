import { getStatus, type FleetStatus } from "@berth/shared/api/status";
import { listUpgrades, type Upgrade } from "@berth/shared/api/upgrades";
import { toBerthError, type BerthError } from "@berth/shared/errors";
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { clock } from "../clock.ts";
import type { FleetState } from "../fleet/fleet-state.ts";
import { useSession, type Session } from "./session.ts";

/** After what changed: the controller records what a run has done once its step has ended. */
const settleMilliseconds = 700;
/** What only time changes, such as that something becomes late. */
const lookEverySeconds = 60;

export interface Answer<Value> {
  /** The last answer that came, also while it is asked for anew; undefined before the first. */
  answer: Value | undefined;
  error: BerthError | undefined;
}

/**
 * Asks for what the live stream does not carry: at once, when the stream opens, when a run or an instance has changed,
 * and every minute. `ask` must be the same function while it asks for the same.
 */
export function useAnswer<Value>(ask: (signal: AbortSignal) => Promise<Value>): Answer<Value> {
  const session = useSession();
  const [shown, setShown] = useState<Answer<Value> & { ask: typeof ask }>();
  useEffect(() => {
    const leaving = new AbortController();
    let asking = false;
    let again = false;
    const look = async (): Promise<void> => {
      again = asking;
      if (asking) return;
      asking = true;
      try {
        const answer = await ask(leaving.signal);
        setShown({ ask, answer, error: undefined });
      } catch (thrown) {
        const error = toBerthError(thrown);
        if (!leaving.signal.aborted) setShown((before) => ({ ask, answer: before?.answer, error }));
      }
      asking = false;
      if (again && !leaving.signal.aborted) await look();
    };
    void look();
    const end = watchChanges(session, () => void look());
    return () => {
      end();
      leaving.abort();
    };
  }, [ask, session]);
  return shown?.ask === ask ? shown : { answer: undefined, error: undefined };
}

const askStatus = (signal: AbortSignal): Promise<FleetStatus> => call(getStatus, { signal });

/** The fleet's status with what the stream leaves out of it: how the backups stand. */
export function useFleetStatus(): Answer<FleetStatus> {
  return useAnswer(askStatus);
}

const shownUpgrades = 20;

/** The newest upgrades, for `useAnswer`. */
export const askUpgrades = async (signal: AbortSignal): Promise<readonly Upgrade[]> =>
  (await call(listUpgrades, { query: { limit: shownUpgrades }, signal })).upgrades;

function watchChanges({ fleet, stream, changes }: Session, onChange: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let seen = signature(fleet.get());
  let ticks = 0;
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange();
    }, settleMilliseconds);
  };
  const endings = [
    changes.subscribe(onChange),
    fleet.subscribe(() => {
      const now = signature(fleet.get());
      if (now !== seen) soon();
      seen = now;
    }),
    stream.subscribe(() => {
      if (stream.get().phase === "open") soon();
    }),
    clock.subscribe(() => {
      ticks += 1;
      if (ticks % lookEverySeconds === 0) onChange();
    }),
  ];
  return () => {
    clearTimeout(timer);
    for (const end of endings) end();
  };
}

/** Another text whenever a run got further, an alert began or ended, an instance became another one, or a node went. */
function signature({ runs, status, alerts }: FleetState): string {
  const newest = runs?.slice(0, 4).map(({ id, state, counts }) => `${id} ${state} ${counts.waiting} ${counts.running}`);
  const instances = status?.instances.map(({ name, state, version }) => `${name} ${state} ${version}`);
  const nodes = status?.nodes.map(({ name }) => name);
  return [String(alerts?.changes), ...(newest ?? []), ...(nodes ?? []), ...(instances ?? [])].join("\n");
}
