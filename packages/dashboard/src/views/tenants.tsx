import { listTenants, type TenantStatus } from "@berth/shared/api/tenants";
import type { InstanceStatus, OwnerBackups } from "@berth/shared/api/status";
import { getUsage, type OwnerUsage, type Usage } from "@berth/shared/api/usage";
import { formatBytes, formatCores } from "@berth/shared/metrics/units";
import type { JSX } from "preact";
import { call } from "../api/client.ts";
import { Command } from "../components/command.tsx";
import { Ago } from "../components/elapsed.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Page } from "../components/page.tsx";
import { StateMark } from "../components/state-mark.tsx";
import { TableHead } from "../components/table-head.tsx";
import { standingOf } from "../fleet/backup-rows.ts";
import { nodePath, ownerBackupsPath, tenantPath } from "../routes/route.ts";
import { useSession } from "../session/session.ts";
import { useAnswer, useFleetStatus } from "../session/use-answer.ts";
import { useStore } from "../store.ts";

const askTenants = async (signal: AbortSignal): Promise<readonly TenantStatus[]> =>
  (await call(listTenants, { signal })).tenants;

const askUsage = (signal: AbortSignal): Promise<Usage> => call(getUsage, { signal });

const noInstances: readonly InstanceStatus[] = [];

/** Every tenant with its state, where it is, and whether its instances and its backups are well. */
export function TenantsPage(): JSX.Element {
  const { fleet } = useSession();
  const { answer: tenants, error } = useAnswer(askTenants);
  const { answer: status } = useFleetStatus();
  const { answer: usage } = useAnswer(askUsage);
  const instances = useStore(fleet, (state) => state.status?.instances ?? noInstances);
  const byTenant = Map.groupBy(instances, ({ tenant }) => tenant);
  return (
    <Page title="Tenants">
      {error && <ErrorNotice error={error} what="Tenants" />}
      {!tenants && !error && <p class="muted">Waiting for the controller to tell its tenants.</p>}
      {tenants?.length === 0 && (
        <p class="notice">
          There are no tenants yet. One is taken in with <Command text="berth tenant add NAME" />
        </p>
      )}
      {tenants && tenants.length > 0 && (
        <table class="list tenants">
          <TableHead
            columns={[
              ["column-subject", "Tenant"],
              ["column-health", "Healthy"],
              [
                "column-number column-cpu",
                <>
                  CPU <span class="unit">cores</span>
                </>,
              ],
              ["column-number column-memory", "Memory"],
              ["column-number optional", "Databases"],
              ["column-number optional", "Points"],
              ["column-number optional", "Buckets"],
              ["column-backup", "Backup"],
            ]}
          />
          <tbody>
            {tenants.map((tenant) => (
              <TenantRow
                key={tenant.name}
                tenant={tenant}
                usage={usage?.owners.find((owner) => owner.tenant === tenant.name)}
                instances={byTenant.get(tenant.name) ?? noInstances}
                backups={status?.backups?.find(({ owner }) => owner === tenant.name)}
              />
            ))}
          </tbody>
        </table>
      )}
    </Page>
  );
}

interface TenantRowProps {
  tenant: TenantStatus;
  /** undefined: not told yet. */
  usage: OwnerUsage | undefined;
  /** As the live stream tells them. */
  instances: readonly InstanceStatus[];
  backups: OwnerBackups | undefined;
}

function TenantRow({ tenant, usage, instances, backups }: TenantRowProps): JSX.Element {
  const { name, state, node, address } = tenant;
  return (
    <tr data-row={name}>
      <td class="column-state">
        <StateMark state={state} />
      </td>
      <th class="column-subject" scope="row">
        <a href={tenantPath(name)}>{name}</a>{" "}
        <span class="secondary">
          {node !== name && (
            <>
              on <a href={nodePath(node)}>{node}</a>{" "}
            </>
          )}
          <span class="mono">{address}</span>
        </span>
      </th>
      <td class="column-health">
        <Health instances={instances} expected={state === "active"} />
      </td>
      <NumberCell column="column-cpu" value={usage?.cpuCores} format={formatCores} />
      <NumberCell column="column-memory" value={usage?.memoryBytes} format={formatBytes} />
      <NumberCell column="optional" value={usage?.databaseBytes} format={formatBytes} />
      <NumberCell column="optional" value={usage?.points} format={String} />
      <NumberCell column="optional" value={usage?.bucketBytes} format={formatBytes} />
      <td class="column-backup">{backups ? <NewestBackup owner={backups} /> : <span class="muted">–</span>}</td>
    </tr>
  );
}

interface NumberCellProps {
  /** `optional`: left out where there is little room. */
  column: "column-cpu" | "column-memory" | "optional";
  value: number | null | undefined;
  format: (value: number) => string;
}

function NumberCell({ column, value, format }: NumberCellProps): JSX.Element {
  return (
    <td class={`column-number ${column}`}>
      {typeof value === "number" ? format(value) : <span class="muted">–</span>}
    </td>
  );
}

function Health({ instances, expected }: { instances: readonly InstanceStatus[]; expected: boolean }): JSX.Element {
  if (instances.length === 0) return <span class="muted">–</span>;
  const healthy = instances.filter(({ state }) => state === "healthy").length;
  const text = `${healthy} of ${instances.length}`;
  return healthy === instances.length || !expected ? <span>{text}</span> : <StateMark state="unhealthy" word={text} />;
}

/** In one cell: how old the newest is, or what is amiss with it. */
export function NewestBackup({ owner }: { owner: OwnerBackups }): JSX.Element {
  const standing = standingOf(owner);
  return (
    <span class="proof">
      {standing !== "complete" && <StateMark state={standing} word={standing === "none" ? "none yet" : standing} />}
      {owner.newest !== null && (
        <a href={ownerBackupsPath(owner.owner)} aria-label={`Backups of ${owner.owner}`}>
          <Ago moment={owner.newest.createdAt} />
        </a>
      )}
    </span>
  );
}
