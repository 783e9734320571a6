import { resumeTenant, suspendTenant, type TenantStatus } from "@berth/shared/api/tenants";
import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { mayAdminister } from "../session/may.ts";
import { useSession } from "../session/session.ts";
import { PlanDialog, type AskForChange } from "./plan-dialog.tsx";

/** Takes a tenant's instances down, or brings them back: for accounts that may. */
export function TenantActions({ name, state }: Pick<TenantStatus, "name" | "state">): JSX.Element | null {
  const { account } = useSession();
  const [asking, setAsking] = useState<"suspend" | "resume">();
  const suspend: AskForChange = useCallback(
    async (dryRun, signal) => call(suspendTenant, { params: { name }, body: { dryRun }, signal }),
    [name],
  );
  const resume: AskForChange = useCallback(
    async (dryRun, signal) => call(resumeTenant, { params: { name }, body: { dryRun }, signal }),
    [name],
  );
  const close = (): void => setAsking(undefined);
  if (!mayAdminister(account)) return null;
  return (
    <div class="actions">
      {state === "active" && (
        <button type="button" onClick={() => setAsking("suspend")}>
          Suspend
        </button>
      )}
      {state === "suspended" && (
        <button type="button" onClick={() => setAsking("resume")}>
          Resume
        </button>
      )}
      {asking === "suspend" && (
        <PlanDialog title={`Suspend ${name}`} ask={suspend} confirm="Suspend it" mayChangeNothing onClose={close}>
          <p class="secondary">Its instances stop and its routes are taken back. What it has is kept.</p>
        </PlanDialog>
      )}
      {asking === "resume" && (
        <PlanDialog title={`Resume ${name}`} ask={resume} confirm="Resume it" mayChangeNothing onClose={close}>
          <p class="secondary">Its instances and routes come back with what it has.</p>
        </PlanDialog>
      )}
    </div>
  );
}
