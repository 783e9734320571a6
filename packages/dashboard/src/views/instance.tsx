import type { InstanceStatus, SuspendedInstance } from "@berth/shared/api/status";
import { shortDigests } from "@berth/shared/catalog/version-digest";
import type { JSX } from "preact";
import { InstanceCharts } from "../components/charts.tsx";
import { Elapsed } from "../components/elapsed.tsx";
import { Facts } from "../components/facts.tsx";
import { ContainerCells } from "../components/container-cells.tsx";
import { InstanceActions } from "../components/instance-actions.tsx";
import { useInstanceBackup } from "../components/instance-backup.tsx";
import { useInstanceVolumes } from "../components/instance-volumes.tsx";
import { NotThere, useWasThere } from "../components/not-there.tsx";
import { Page } from "../components/page.tsx";
import { ContainerMark, StateMark } from "../components/state-mark.tsx";
import { TerminalLink } from "../components/terminal-link.tsx";
import { metricColumns, TableHead } from "../components/table-head.tsx";
import { shownInstanceState } from "../fleet/pending.ts";
import { nodePath, tenantPath } from "../routes/route.ts";
import { useSession } from "../session/session.ts";
import { useFleetStatus } from "../session/use-answer.ts";
import { usePendingWork } from "../session/use-pending.ts";
import { useStore } from "../store.ts";
import { InstanceLog } from "./instance-log.tsx";

/** One instance: its containers, how they depart from the specification, what they use, and their log. */
export function InstancePage({ name }: { name: string }): JSX.Element {
  const { fleet } = useSession();
  const known = useStore(fleet, (state) => state.status !== null);
  const instance = useStore(fleet, (state) => state.status?.instances.find((one) => one.name === name));
  const pending = usePendingWork();
  const { answer: told } = useFleetStatus();
  const suspended = told?.suspended?.find((one) => one.name === name);
  const wasThere = useWasThere(instance !== undefined);
  return (
    <Page
      title={name}
      aside={
        (instance ?? suspended) && (
          <>
            <StateMark state={instance && !suspended ? shownInstanceState(pending, instance) : "suspended"} />
            <InstanceActions name={name} suspended={suspended} />
          </>
        )
      }
    >
      {!known && <p class="muted">Waiting for the controller to tell the state of the fleet.</p>}
      {known && told && !instance && !suspended && <NotThere what="instance" name={name} wasThere={wasThere} />}
      {!instance && suspended && <SuspendedBody instance={suspended} />}
      {instance && <InstanceBody instance={instance} />}
    </Page>
  );
}

/** One that is taken down: there is nothing to look at but where what it holds is kept. */
function SuspendedBody({ instance }: { instance: SuspendedInstance }): JSX.Element {
  const { name, node, service, tenant, withTenant } = instance;
  const backup = useInstanceBackup(name);
  const volumes = useInstanceVolumes(node, name);
  return (
    <>
      <p class="secondary">
        {withTenant
          ? "It is taken down with its tenant, and what it has is kept."
          : "It is taken down, and what it has is kept."}
      </p>
      <Facts
        facts={[
          ["Service", service],
          ["Node", <a href={nodePath(node)}>{node}</a>],
          ["Tenant", tenant === null ? "shared" : <a href={tenantPath(tenant)}>{tenant}</a>],
          ["Volumes", volumes],
          ["Newest backup", backup.newest],
          ["Last proven", backup.proven],
        ]}
      />
    </>
  );
}

function InstanceBody({ instance }: { instance: InstanceStatus }): JSX.Element {
  const { name, node, containers } = instance;
  const backup = useInstanceBackup(name);
  const volumes = useInstanceVolumes(node, name);
  return (
    <>
      <Facts
        facts={[
          ["Service", instance.service],
          ["Version", shortDigests(instance.version)],
          ["Node", <a href={nodePath(node)}>{node}</a>],
          ["Tenant", instance.tenant === null ? "shared" : <a href={tenantPath(instance.tenant)}>{instance.tenant}</a>],
          ["Ports", instance.ports.length === 0 ? "none" : instance.ports.join(", ")],
          ["Volumes", volumes],
          ["Newest backup", backup.newest],
          ["Last proven", backup.proven],
        ]}
      />
      {instance.drift.length > 0 && (
        <section class="notice notice-warning" aria-labelledby="drift-title">
          <h2 id="drift-title">Departs from its specification</h2>
          <ul>
            {instance.drift.map((what) => (
              <li key={what}>{what}</li>
            ))}
          </ul>
        </section>
      )}
      <section aria-labelledby="containers-title">
        <h2 id="containers-title">Containers</h2>
        {containers.length === 0 ? (
          <p class="muted">There are none on the node.</p>
        ) : (
          <Containers instance={instance} />
        )}
      </section>
      <InstanceCharts node={node} instance={name} containerNames={containers.map((one) => one.name).join("\n")} />
      <InstanceLog instance={instance} />
    </>
  );
}

function Containers({ instance }: { instance: InstanceStatus }): JSX.Element {
  return (
    <table class="fleet containers">
      <TableHead columns={[["column-name", "Container"], ["column-version", "Up for"], ...metricColumns]} />
      <tbody>
        {instance.containers.map((container) => (
          <tr key={container.name}>
            <td class="column-state">
              <ContainerMark state={container.state} />
            </td>
            <th class="column-name" scope="row">
              {container.name}{" "}
              {instance.containers.length > 1 && <TerminalLink instance={instance.name} container={container.name} />}{" "}
              <span class="secondary mono">{shortDigests(container.image)}</span>
            </th>
            <td class="column-version secondary">
              {container.startedAt && container.state === "running" ? (
                <Elapsed from={container.startedAt} to={null} />
              ) : (
                "–"
              )}
              {container.restarts > 0 && <span class="tag tag-warning">{container.restarts} restarts</span>}
            </td>
            <ContainerCells node={instance.node} instance={instance.name} container={container.name} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}
