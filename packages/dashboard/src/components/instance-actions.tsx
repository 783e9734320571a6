import { restartInstances } from "@berth/shared/api/instances";
import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { mayOperate } from "../session/may.ts";
import { useSession } from "../session/session.ts";
import { TerminalLink } from "./terminal-link.tsx";
import { PlanDialog, type AskForChange } from "./plan-dialog.tsx";

/** What can be done with an instance, for accounts that may. The run that it begins is shown wherever runs are. */
export function InstanceActions({ name }: { name: string }): JSX.Element | null {
  const { account } = useSession();
  const [asking, setAsking] = useState(false);
  const restart: AskForChange = useCallback(
    async (dryRun, signal) => call(restartInstances, { body: { of: [name], dryRun }, signal }),
    [name],
  );
  if (!mayOperate(account)) return null;
  return (
    <div class="actions">
      <TerminalLink instance={name} />
      <button type="button" onClick={() => setAsking(true)}>
        Restart
      </button>
      {asking && (
        <PlanDialog title={`Restart ${name}`} ask={restart} confirm="Restart it" onClose={() => setAsking(false)}>
          <p class="secondary">It does not answer until it is healthy again.</p>
        </PlanDialog>
      )}
    </div>
  );
}
