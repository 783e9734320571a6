import type { JSX } from "preact";
import { AttentionList } from "../components/attention-list.tsx";
import { CurrentRun } from "../components/current-run.tsx";
import { FleetTable } from "../components/fleet-table.tsx";
import { Page } from "../components/page.tsx";
import { SuspendedInstances } from "../components/suspended-instances.tsx";
import { useSession } from "../session/session.ts";
import { useFleetStatus } from "../session/use-answer.ts";
import { useStore } from "../store.ts";

/** The fleet at a glance. */
export function Overview(): JSX.Element {
  const { fleet } = useSession();
  const status = useStore(fleet, (state) => state.status);
  const suspended = useFleetStatus().answer?.suspended ?? [];
  return (
    <Page title={status?.fleet ?? "Fleet"}>
      {status === null ? (
        <p class="muted">Waiting for the controller to tell the state of the fleet.</p>
      ) : (
        <>
          <AttentionList status={status} />
          <CurrentRun />
          {status.nodes.length === 0 ? (
            <p class="muted">
              There are no nodes yet. <code>berth apply fleet.yaml</code> makes the fleet that a file describes.
            </p>
          ) : (
            <FleetTable nodes={status.nodes} instances={status.instances} />
          )}
          <SuspendedInstances of={suspended} />
        </>
      )}
    </Page>
  );
}
