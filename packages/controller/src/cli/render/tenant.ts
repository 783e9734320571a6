/** Tenants as tables. Pure. */
import type { TenantStatus } from "@berth/shared/api/tenants";
import { instanceLines } from "./status.ts";
import type { RenderOptions } from "../define-command.ts";
import type { Style } from "./style.ts";
import { properties, table } from "./table.ts";

export function tenantLines(
  tenants: readonly TenantStatus[],
  { style, fit }: Pick<RenderOptions, "style" | "fit">,
): string[] {
  if (tenants.length === 0) return ["No tenants yet: `berth tenant add NAME` takes one in."];
  const lines = table(
    tenants,
    [
      { title: "TENANT", value: ({ name }) => name },
      { title: "STATE", value: ({ state }) => state, paint: (text, tenant) => statePaint(tenant, style)(text) },
      { title: "NODE", value: ({ node }) => node },
      { title: "ADDRESS", value: ({ address }) => address },
      { title: "HEALTHY", value: healthText, paint: (text, tenant) => (isWhole(tenant) ? text : style.yellow(text)) },
      { title: "KEYS", value: ({ keys }) => keys.join(","), leaveOut: 1 },
    ],
    style,
    fit,
  );
  const kept = tenants.filter(({ state }) => state === "kept");
  return kept.length === 0 ? lines : [...lines, "", ...kept.flatMap(wayOut)];
}

/** Of a tenant that is not in the fleet any more. */
function wayOut({ name, state }: TenantStatus): string[] {
  if (state === "kept") {
    return [
      `Of ${name} the data are kept: \`berth tenant add ${name}\` finds them, \`berth tenant remove ${name}\` removes them.`,
    ];
  }
  return state === "removing" ? [`\`berth tenant remove ${name}\` carries on with removing it.`] : [];
}

export function tenantDetailLines(tenant: TenantStatus, options: Pick<RenderOptions, "style" | "fit">): string[] {
  const { style, fit } = options;
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
      fit,
    ),
    "",
    ...instanceLines(tenant.instances, options),
    ...wayOut(tenant),
  ];
}

function healthText({ state, instances }: TenantStatus): string | null {
  if (instances.length === 0 && state !== "active") return null;
  return `${instances.filter((instance) => instance.state === "healthy").length} of ${instances.length}`;
}

function isWhole({ instances }: TenantStatus): boolean {
  return instances.every(({ state }) => state === "healthy");
}

function statePaint({ state }: TenantStatus, style: Style): (text: string) => string {
  return state === "active" ? style.green : style.yellow;
}
