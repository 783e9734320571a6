/** Writes the desired state into the inventory: the text, and the rows that status and history refer to. */
import type { Fleet } from "@berth/shared/fleet/schema";
import { deleteAccountsOfFormerTenants } from "../inventory/accounts.ts";
import type { Queryable } from "../inventory/database.ts";
import { saveFleet } from "../inventory/fleet.ts";
import { clearDesiredInstance, listInstances, putDesiredInstance } from "../inventory/instances.ts";
import { putNeed } from "../inventory/needs.ts";
import { putNode } from "../inventory/nodes.ts";
import { putSpecification } from "../inventory/specifications.ts";
import { listTenants, putTenant, removeTenant } from "../inventory/tenants.ts";
import type { Desired } from "../plan/desired.ts";
import { ownerOf } from "../plan/owners.ts";

export interface FleetRecord {
  file: string;
  yaml: string;
  account: string;
  fleet: Fleet;
  desired: Desired;
}

/** Call it in a transaction: either the whole new desired state stands, or the old one. */
export async function recordFleet(transaction: Queryable, record: FleetRecord): Promise<void> {
  const { file, yaml, account, fleet, desired } = record;
  await saveFleet(transaction, { file, yaml, account });
  for (const [name, { address, proxmox }] of Object.entries(fleet.nodes)) {
    await putNode(transaction, { name, address, proxmox: proxmox ?? null });
  }
  await recordTenants(transaction, fleet);
  await recordInstances(transaction, desired);
}

async function recordTenants(transaction: Queryable, fleet: Fleet): Promise<void> {
  for (const [name, { node }] of Object.entries(fleet.tenants)) await putTenant(transaction, { name, node });
  for (const { name } of await listTenants(transaction)) {
    if (!(name in fleet.tenants)) await removeTenant(transaction, name);
  }
  await deleteAccountsOfFormerTenants(transaction);
}

async function recordInstances(transaction: Queryable, { instances, needs }: Desired): Promise<void> {
  const wanted = new Set(instances.map(({ spec }) => spec.instance));
  for (const { spec } of instances) {
    await putDesiredInstance(transaction, {
      name: spec.instance,
      service: spec.service,
      version: spec.version,
      node: spec.node,
      tenant: spec.tenant,
      ports: spec.containers.flatMap((container) => container.ports.map((port) => port.host)),
      hash: spec.hash,
    });
    await putSpecification(transaction, spec);
  }
  for (const { kind, target, server, input } of needs) {
    await putNeed(transaction, { kind, name: target, instance: ownerOf({ input }), server, specification: input });
  }
  for (const { name, desiredHash } of await listInstances(transaction)) {
    if (desiredHash !== null && !wanted.has(name)) await clearDesiredInstance(transaction, name);
  }
}
