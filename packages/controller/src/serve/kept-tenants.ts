import type { Fleet } from "@berth/shared/fleet/schema";
import type { Inventory } from "../inventory/database.ts";
import { listSpecifications } from "../inventory/specifications.ts";
import type { Secrets } from "../secrets/open.ts";
import { type KeptTenant, keptTenants } from "../tenants/kept.ts";

/** Tenants that left the fleet and whose data stayed on their nodes. */
export async function findKeptTenants(
  fleet: Fleet,
  { inventory, secrets }: { inventory: Inventory; secrets: Pick<Secrets, "list"> },
): Promise<KeptTenant[]> {
  const hasSecrets = (owner: string) => secrets.list().some(({ name }) => name.startsWith(`${owner}/`));
  return keptTenants(fleet, (await listSpecifications(inventory.database)).values(), hasSecrets);
}
