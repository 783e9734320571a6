import { useMemo } from "preact/hooks";
import { currentRun } from "../fleet/fleet-state.ts";
import { pendingWork, type PendingWork } from "../fleet/pending.ts";
import { useStore } from "../store.ts";
import { useSession } from "./session.ts";

/** What the run that is going on has yet to bring about. */
export function usePendingWork(): PendingWork {
  const { fleet } = useSession();
  const run = useStore(fleet, (state) => state.runDetails.get(currentRun(state)?.id ?? 0));
  return useMemo(() => pendingWork(run), [run]);
}
