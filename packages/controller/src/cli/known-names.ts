/** Names that a command is to look at: of what nobody has, "nothing" would be true of a typo, too. */
import { getStatus } from "@berth/shared/api/status";
import { listTenants } from "@berth/shared/api/tenants";
import { unknownName } from "@berth/shared/fleet/unknown-name";
import type { Client } from "./client/client.ts";

export interface GivenNames {
  node?: string | undefined;
  /** Also `shared`, for what is nobody's. */
  tenant?: string | undefined;
  instance?: string | undefined;
}

/** Throws `not-found` for the first that the fleet does not know. Asks for nothing where nothing is named. */
export async function requireKnownNames(client: Client, { node, tenant, instance }: GivenNames): Promise<void> {
  if (node !== undefined || instance !== undefined) {
    const { nodes, instances } = await client.call(getStatus, {});
    requireOne("node", node, nodes);
    requireOne("instance", instance, instances);
  }
  if (tenant === undefined || tenant === "shared") return;
  const { tenants } = await client.call(listTenants, {});
  const present = tenants.filter(({ state }) => state !== "kept");
  requireOne("tenant", tenant, present);
}

function requireOne(
  kind: "node" | "instance" | "tenant",
  name: string | undefined,
  known: readonly { name: string }[],
): void {
  if (name === undefined || known.some((one) => one.name === name)) return;
  throw unknownName(
    kind,
    name,
    known.map((one) => one.name),
  );
}
