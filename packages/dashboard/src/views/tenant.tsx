import { getTenant, type TenantStatus } from "@berth/shared/api/tenants";
import type { OwnerBackups, SuspendedInstance } from "@berth/shared/api/status";
import { getUsage, type Usage } from "@berth/shared/api/usage";
import type { JSX } from "preact";
import { useCallback, useMemo } from "preact/hooks";
import { call } from "../api/client.ts";
import { TenantCharts } from "../components/charts.tsx";
import { Commands } from "../components/command.tsx";
import { Ago } from "../components/elapsed.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Facts } from "../components/facts.tsx";
import { FleetTable } from "../components/fleet-table.tsx";
import { Holdings } from "../components/holdings.tsx";
import { NotThere } from "../components/not-there.tsx";
import { Page } from "../components/page.tsx";
import { StateMark } from "../components/state-mark.tsx";
import { SuspendedInstances } from "../components/suspended-instances.tsx";
import { TenantActions } from "../components/tenant-actions.tsx";
import { nodePath } from "../routes/route.ts";
import { useSession } from "../session/session.ts";
import { useAnswer, useFleetStatus } from "../session/use-answer.ts";
import { useStore } from "../store.ts";
import { NewestBackup } from "./tenants.tsx";

/** One tenant: what it has, where, and how its backups stand. */
export function TenantPage({ name }: { name: string }): JSX.Element {
  const ask = useCallback((signal: AbortSignal) => call(getTenant, { params: { name }, signal }), [name]);
  const { answer, error } = useAnswer(ask);
  // The last answer stays beside an error; of one that is not there any more it is of no use.
  const isMissing = error?.code === "not-found";
  const tenant = isMissing ? undefined : answer;
  const { answer: status } = useFleetStatus();
  const askUsage = useCallback((signal: AbortSignal) => call(getUsage, { query: { tenant: name }, signal }), [name]);
  const { answer: usage } = useAnswer(askUsage);
  const suspended = useMemo(() => status?.suspended?.filter((one) => one.tenant === name) ?? [], [status, name]);
  const owner = status?.backups?.find((one) => one.owner === name);
  return (
    <Page
      title={name}
      aside={
        tenant && (
          <>
            <StateMark state={tenant.state} />
            <TenantActions name={name} state={tenant.state} />
          </>
        )
      }
    >
      {isMissing && <NotThere what="tenant" name={name} wasThere={answer !== undefined} />}
      {error && !isMissing && <ErrorNotice error={error} what={`Tenant ${name}`} />}
      {!tenant && !error && <p class="muted">Waiting for the controller to tell of this tenant.</p>}
      {tenant && <TenantBody tenant={tenant} owner={owner} usage={usage} suspended={suspended} />}
    </Page>
  );
}

interface TenantBodyProps {
  tenant: TenantStatus;
  owner: OwnerBackups | undefined;
  usage: Usage | undefined;
  suspended: readonly SuspendedInstance[];
}

function TenantBody({ tenant, owner, usage, suspended }: TenantBodyProps): JSX.Element {
  const { name, node, address, keys, hosts } = tenant;
  const { fleet } = useSession();
  const status = useStore(fleet, (state) => state.status);
  // The tenant's instances as the stream tells them, on whichever nodes they are.
  const instances = useMemo(() => status?.instances.filter((one) => one.tenant === name) ?? [], [status, name]);
  const quota = usage?.buckets.find(({ quotaBytes }) => quotaBytes !== null)?.quotaBytes ?? undefined;
  const nodes = useMemo(() => {
    const places = new Set([node, ...instances.map((one) => one.node)]);
    return status?.nodes.filter((one) => places.has(one.name)) ?? [];
  }, [status, instances, node]);
  return (
    <>
      <Facts
        facts={[
          ["Node", <a href={nodePath(node)}>{node}</a>],
          ["Address", address ?? undefined],
          ["Newest backup", owner && <NewestBackup owner={owner} />],
          ["Last proven", owner && (owner.provenAt === null ? "never" : <Ago moment={owner.provenAt} />)],
          ["Keys given", keys.length === 0 ? undefined : keys.join(", ")],
        ]}
      />
      {instances.length === 0 ? (
        <p class="muted">None of its instances is there.</p>
      ) : (
        <FleetTable nodes={nodes} instances={instances} />
      )}
      <SuspendedInstances of={suspended} />
      <TenantCharts tenant={name} bucketQuota={quota} />
      <Holdings tenant={tenant} usage={usage} />
      <Facts facts={[["Routes", names(hosts)]]} />
      <Commands of={commandsOf(tenant)} />
    </>
  );
}

function names(values: readonly string[]): JSX.Element | undefined {
  if (values.length === 0) return undefined;
  return (
    <ul class="mono">
      {values.map((value) => (
        <li key={value}>{value}</li>
      ))}
    </ul>
  );
}

function commandsOf({ name, state }: TenantStatus): [does: string, command: string][] {
  switch (state) {
    case "active":
      return [
        ["Take its instances down and keep what it has", `berth tenant suspend ${name}`],
        ["Show what removing it would remove", `berth tenant remove ${name} --plan`],
      ];
    case "suspended":
      return [["Bring its instances and routes back", `berth tenant resume ${name}`]];
    case "kept":
      return [
        ["Take it in again, with the data that are kept", `berth tenant add ${name}`],
        ["Show what removing its data would remove", `berth tenant remove ${name} --plan`],
      ];
    case "removing":
      return [["Carry on with removing it", `berth tenant remove ${name}`]];
  }
}
