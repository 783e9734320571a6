import type { Status } from "@berth/shared/api/status";
import type { JSX } from "preact";
import { AttentionList } from "../components/attention-list.tsx";
import { CurrentRun } from "../components/current-run.tsx";
import { Page } from "../components/page.tsx";
import { SortedFleet } from "../components/sorted-fleet.tsx";
import { SuspendedInstances } from "../components/suspended-instances.tsx";
import { useSession } from "../session/session.ts";
import { useFleetStatus } from "../session/use-answer.ts";
import { useAttention } from "../session/use-attention.ts";
import { useStore } from "../store.ts";

/** The fleet at a glance. */
export function Overview(): JSX.Element {
  const { fleet } = useSession();
  const status = useStore(fleet, (state) => state.status);
  return (
    <Page title={status?.fleet ?? "Fleet"}>
      {status === null ? (
        <p class="muted">Waiting for the controller to tell the state of the fleet.</p>
      ) : (
        <OverviewBody status={status} />
      )}
    </Page>
  );
}

function OverviewBody({ status }: { status: Status }): JSX.Element {
  const items = useAttention(status);
  const suspended = useFleetStatus().answer?.suspended ?? [];
  return (
    <>
      <AttentionList status={status} items={items} />
      <CurrentRun />
      {status.nodes.length === 0 ? (
        <p class="muted">
          There are no nodes yet. <code>berth apply fleet.yaml</code> makes the fleet that a file describes.
        </p>
      ) : (
        <SortedFleet status={status} items={items} />
      )}
      <SuspendedInstances of={suspended} />
    </>
  );
}
