import { listTenants, type TenantStatus } from "@berth/shared/api/tenants";
import type { InstanceStatus, OwnerBackups } from "@berth/shared/api/status";
import { getUsage, type Usage } from "@berth/shared/api/usage";
import { formatBytes, formatCores } from "@berth/shared/metrics/units";
import { sharedScope } from "@berth/shared/names";
import type { JSX } from "preact";
import { call } from "../api/client.ts";
import { Command } from "../components/command.tsx";
import { Ago } from "../components/elapsed.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Page } from "../components/page.tsx";
import { SortChoice } from "../components/sort-choice.tsx";
import { StateMark } from "../components/state-mark.tsx";
import { type Column, TableHead } from "../components/table-head.tsx";
import { standingOf } from "../fleet/backup-rows.ts";
import { isActive, sortedTenants, tenantOrders, tenantRows, type TenantRow } from "../fleet/tenant-rows.ts";
import { nodePath, ownerBackupsPath, tenantPath } from "../routes/route.ts";
import { useSort } from "../routes/use-sort.ts";
import { useSession } from "../session/session.ts";
import { useAnswer, useFleetStatus } from "../session/use-answer.ts";
import { useStore } from "../store.ts";

const askTenants = async (signal: AbortSignal): Promise<readonly TenantStatus[]> =>
  (await call(listTenants, { signal })).tenants;

const askUsage = (signal: AbortSignal): Promise<Usage> => call(getUsage, { signal });

const noInstances: readonly InstanceStatus[] = [];

/** Every tenant with its state, where it is, and whether its instances and its backups are well; and what is shared. */
export function TenantsPage(): JSX.Element {
  const { fleet } = useSession();
  const { answer: tenants, error } = useAnswer(askTenants);
  const { answer: status } = useFleetStatus();
  const { answer: usage } = useAnswer(askUsage);
  const instances = useStore(fleet, (state) => state.status?.instances ?? noInstances);
  const rows = tenants && tenantRows({ tenants, usage: usage?.owners, instances, backups: status?.backups });
  return (
    <Page title="Tenants">
      {error && <ErrorNotice error={error} what="Tenants" />}
      {!tenants && !error && <p class="muted">Waiting for the controller to tell its tenants.</p>}
      {tenants?.length === 0 && (
        <p class="notice">
          There are no tenants yet. One is taken in with <Command text="berth tenant add NAME" />
        </p>
      )}
      {rows && rows.length > 0 && <TenantTable rows={rows} />}
    </Page>
  );
}

const columns: readonly Column[] = [
  ["column-subject", "Tenant", undefined, "name"],
  ["column-health", "Healthy"],
  [
    "column-number column-cpu",
    <>
      CPU <span class="unit">cores</span>
    </>,
    undefined,
    "cpu",
  ],
  ["column-number column-memory", "Memory", undefined, "memory"],
  ["column-number optional", "Databases", undefined, "databases"],
  ["column-number optional", "Points", undefined, "points"],
  ["column-number optional", "Buckets", undefined, "buckets"],
  ["column-backup", "Backup"],
];

function TenantTable({ rows }: { rows: readonly TenantRow[] }): JSX.Element {
  const { by, sortBy } = useSort(tenantOrders);
  const sorting = { by, onSort: sortBy };
  return (
    <div>
      <SortChoice orders={tenantOrders} {...sorting} />
      <table class="list tenants">
        <TableHead columns={columns} sorting={sorting} />
        <tbody>
          {sortedTenants(rows, by).map((row) => (
            <Row key={row.name} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row }: { row: TenantRow }): JSX.Element {
  const { name, tenant, usage, instances, backups } = row;
  return (
    <tr data-row={name}>
      <td class="column-state">{tenant && <StateMark state={tenant.state} />}</td>
      <th class="column-subject" scope="row">
        {tenant ? <TenantName tenant={tenant} /> : <SharedName instances={instances} />}
      </th>
      <td class="column-health">
        <Health instances={instances} expected={isActive(row)} />
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

function TenantName({ tenant: { name, node, address } }: { tenant: TenantStatus }): JSX.Element {
  return (
    <>
      <a href={tenantPath(name)}>{name}</a>{" "}
      <span class="secondary">
        {node !== name && (
          <>
            on <a href={nodePath(node)}>{node}</a>{" "}
          </>
        )}
        <span class="mono">{address}</span>
      </span>
    </>
  );
}

function SharedName({ instances }: { instances: readonly InstanceStatus[] }): JSX.Element {
  const nodes = [...new Set(instances.map(({ node }) => node))];
  return (
    <>
      {sharedScope}{" "}
      <span class="secondary">
        by all{nodes.length > 0 && ", on "}
        {nodes.map((node, index) => (
          <>
            {index > 0 && ", "}
            <a href={nodePath(node)}>{node}</a>
          </>
        ))}
      </span>
    </>
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
