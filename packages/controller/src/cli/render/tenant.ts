/** Tenants as tables. Pure. */
import type { TenantStatus } from "@berth/shared/api/tenants";
import { instanceLines } from "./status.ts";
import type { Style } from "./style.ts";
import { properties, table } from "./table.ts";

export function tenantLines(tenants: readonly TenantStatus[], style: Style): string[] {
  if (tenants.length === 0) return ["No tenants yet: `berth tenant add NAME` takes one in."];
  return table(
    tenants,
    [
      { title: "TENANT", value: ({ name }) => name },
      { title: "STATE", value: ({ state }) => state, paint: (text, tenant) => statePaint(tenant, style)(text) },
      { title: "NODE", value: ({ node }) => node },
      { title: "ADDRESS", value: ({ address }) => address },
      { title: "HEALTHY", value: healthText, paint: (text, tenant) => (isWhole(tenant) ? text : style.yellow(text)) },
      { title: "KEYS", value: ({ keys }) => keys.join(",") },
    ],
    style,
  );
}

export function tenantDetailLines(tenant: TenantStatus, style: Style): string[] {
  const list = (values: readonly string[]) => (values.length === 0 ? null : values.join(", "));
  return [
    ...properties(
      [
        ["tenant", tenant.name],
        ["state", statePaint(tenant, style)(tenant.state)],
        ["node", tenant.address === null ? tenant.node : `${tenant.node} (${tenant.address})`],
        ["routes", list(tenant.hosts)],
        ["databases", list(tenant.databases)],
        ["collections", list(tenant.collections)],
        ["buckets", list(tenant.buckets)],
        ["keys", list(tenant.keys)],
      ],
      style,
    ),
    "",
    ...instanceLines(tenant.instances, style),
  ];
}

function healthText({ instances }: TenantStatus): string {
  return `${instances.filter(({ state }) => state === "healthy").length} of ${instances.length}`;
}

function isWhole({ instances }: TenantStatus): boolean {
  return instances.every(({ state }) => state === "healthy");
}

function statePaint({ state }: TenantStatus, style: Style): (text: string) => string {
  return state === "active" ? style.green : style.yellow;
}
