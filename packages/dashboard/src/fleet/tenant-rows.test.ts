import type { OwnerBackups } from "@berth/shared/api/status";
import type { TenantStatus } from "@berth/shared/api/tenants";
import { expect, it } from "vitest";
import { instanceOf } from "./fixtures.ts";
import { sortedTenants, type TenantOrder, tenantRows } from "./tenant-rows.ts";

const tenants = ["user1", "user2", "user3"].map((name) => ({ name, state: "active" }) as TenantStatus);
const usageOf = (tenant: string | null, cpuCores: number | null, points: number) => ({
  ...{ tenant, cpuCores, memoryBytes: null, points },
  ...{ databaseBytes: 0, connections: 0, bucketBytes: 0, objects: 0 },
});
const usage = [usageOf("user1", 1, 5), usageOf("user2", null, 7), usageOf("user3", 2, 7), usageOf(null, 9, 0)];
const backupsOf = (owner: string, createdAt: string, lateSince: string | null = null): OwnerBackups => ({
  ...{ owner, failed: null, lateSince, provenAt: null },
  newest: { id: "b", createdAt, bytes: 1, verifiedAt: null, provenAt: null },
});
const instances = [
  instanceOf("user1-n8n", "user1"),
  instanceOf("user3-n8n", "user3", { tenant: "user3", state: "unhealthy" }),
  ...["shared-postgres", "shared-neo4j"].map((name) => instanceOf(name, "shared", { tenant: null })),
];
const backups = [
  backupsOf("user2", "2026-11-20T02:00:00.000Z", "2026-11-24T02:00:00.000Z"),
  backupsOf("shared-neo4j", "2026-11-24T02:00:00.000Z"),
  backupsOf("shared-postgres", "2026-11-23T02:00:00.000Z"),
];
const rows = tenantRows({ tenants, usage, instances, backups });

it("has what is shared as one row, with the worst backup of its services, once its use is told", () => {
  expect(rows.map(({ name }) => name)).toEqual(["user1", "user2", "user3", "shared"]);
  expect(rows.at(-1)).toMatchObject({ tenant: null, usage: { cpuCores: 9 }, backups: { owner: "shared-postgres" } });
  expect(rows.at(-1)?.instances.map(({ name }) => name)).toEqual(["shared-postgres", "shared-neo4j"]);
  expect(tenantRows({ tenants, usage: undefined, instances, backups })).toHaveLength(3);
});

it.each<[TenantOrder, string[]]>([
  ["attention", ["user3", "user2", "user1", "shared"]],
  ["name", ["user1", "user2", "user3", "shared"]],
  ["cpu", ["shared", "user3", "user1", "user2"]],
  ["points", ["user2", "user3", "user1", "shared"]],
])("by %s", (by, names) => expect(sortedTenants(rows, by).map(({ name }) => name)).toEqual(names));

it("does not expect the instances of a suspended tenant to run", () => {
  const suspended = tenants.map((tenant) => (tenant.name === "user3" ? { ...tenant, state: "suspended" } : tenant));
  const told = { usage, instances, backups, tenants: suspended as TenantStatus[] };
  expect(sortedTenants(tenantRows(told), "attention")[0]?.name).toBe("user2");
});
