import { holdInstance, releaseInstance, type InstanceCheck } from "@berth/shared/api/upgrades";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { JSX } from "preact";
import { useCallback, useState } from "preact/hooks";
import { call } from "../api/client.ts";
import { PlanDialog, type AskForChange } from "./plan-dialog.tsx";

/** Keeps an instance on the version that it runs, or lets it go along with the next upgrade. */
export function HoldAction({ instance, version, held }: InstanceCheck): JSX.Element {
  const [asking, setAsking] = useState(false);
  const endpoint = held ? releaseInstance : holdInstance;
  const ask: AskForChange = useCallback(
    async (dryRun, signal) => call(endpoint, { body: { instance, dryRun }, signal }),
    [endpoint, instance],
  );
  const verb = held ? "Release" : "Hold";
  return (
    <>
      <button type="button" class="small" aria-label={`${verb} ${instance}`} onClick={() => setAsking(true)}>
        {verb}
      </button>
      {asking && (
        <PlanDialog
          title={`${verb} ${instance}`}
          ask={ask}
          confirm={`${verb} it`}
          mayChangeNothing
          onClose={() => setAsking(false)}
        >
          <p class="secondary">
            {held
              ? "It goes along with the next upgrade of its service."
              : `It stays on ${shortDigests(version)} until it is released: upgrades pass it by.`}
          </p>
        </PlanDialog>
      )}
    </>
  );
}
