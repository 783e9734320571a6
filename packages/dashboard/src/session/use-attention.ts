import type { Status } from "@berth/shared/api/status";
import { type Attention, attention, ofBackups, ofController, ofHistory } from "../fleet/attention.ts";
import { failedRuns } from "../fleet/failed-runs.ts";
import { useStore } from "../store.ts";
import { lookedRuns } from "./looked-runs.ts";
import { useSession } from "./session.ts";
import { useFleetStatus } from "./use-answer.ts";
import { useFills } from "./use-fills.ts";
import { usePendingWork } from "./use-pending.ts";

const noRuns: readonly never[] = [];

/** What somebody should look at, worst first. */
export function useAttention(status: Status): Attention[] {
  const session = useSession();
  const runs = useStore(session.fleet, (state) => state.runs ?? noRuns);
  const looked = useStore(lookedRuns, (keys) => keys);
  const fills = useFills(status);
  const pending = usePendingWork();
  const upkeep = useFleetStatus().answer;
  const now = session.controllerNow();
  return [
    ...attention(status, failedRuns(runs, looked), fills, now, pending),
    ...ofBackups(upkeep?.backups, now),
    ...ofController(upkeep?.controllerBackup, now),
    ...ofHistory(upkeep?.history),
  ];
}
