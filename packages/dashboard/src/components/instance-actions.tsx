import { restartInstances, startInstances, stopInstances } from "@berth/shared/api/instances";
import type { SuspendedInstance } from "@berth/shared/api/status";
import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { mayAdminister, mayOperate } from "../session/may.ts";
import { useSession } from "../session/session.ts";
import { TerminalLink } from "./terminal-link.tsx";
import { PlanDialog, type AskForChange } from "./plan-dialog.tsx";
import { UpgradeAction } from "./upgrade-action.tsx";

interface InstanceActionsProps {
  name: string;
  /** undefined: it runs, or should. */
  suspended: SuspendedInstance | undefined;
}

/** What can be done with an instance, for accounts that may. The run that it begins is shown wherever runs are. */
export function InstanceActions({ name, suspended }: InstanceActionsProps): JSX.Element | null {
  const { account } = useSession();
  const [asking, setAsking] = useState<"restart" | "stop" | "start">();
  const restart: AskForChange = useCallback(
    async (dryRun, signal) => call(restartInstances, { body: { of: [name], dryRun }, signal }),
    [name],
  );
  const stop: AskForChange = useCallback(
    async (dryRun, signal) => call(stopInstances, { body: { of: [name], dryRun }, signal }),
    [name],
  );
  const start: AskForChange = useCallback(
    async (dryRun, signal) => call(startInstances, { body: { of: [name], dryRun }, signal }),
    [name],
  );
  const close = (): void => setAsking(undefined);
  if (!mayOperate(account)) return null;
  const isThere = suspended === undefined;
  return (
    <div class="actions">
      {isThere && <TerminalLink instance={name} />}
      {isThere && (
        <button type="button" onClick={() => setAsking("restart")}>
          Restart
        </button>
      )}
      {isThere && <UpgradeAction instance={name} />}
      {isThere && mayAdminister(account) && (
        <button type="button" onClick={() => setAsking("stop")}>
          Stop
        </button>
      )}
      {suspended?.withTenant === false && mayAdminister(account) && (
        <button type="button" onClick={() => setAsking("start")}>
          Start
        </button>
      )}
      {asking === "restart" && (
        <PlanDialog title={`Restart ${name}`} ask={restart} confirm="Restart it" onClose={close}>
          <p class="secondary">It does not answer until it is healthy again.</p>
        </PlanDialog>
      )}
      {asking === "stop" && (
        <PlanDialog title={`Stop ${name}`} ask={stop} confirm="Stop it" mayChangeNothing onClose={close}>
          <p class="secondary">
            It is taken down and its route withdrawn until somebody starts it. What it has is kept.
          </p>
        </PlanDialog>
      )}
      {asking === "start" && (
        <PlanDialog title={`Start ${name}`} ask={start} confirm="Start it" mayChangeNothing onClose={close}>
          <p class="secondary">It and its route come back with what it has.</p>
        </PlanDialog>
      )}
    </div>
  );
}
