import type { Hub } from "../agents/types.ts";
import type { Inventory } from "../inventory/database.ts";
import { removeNode } from "../inventory/nodes.ts";

/** Revokes the node's certificates and takes it out of the inventory. Idempotent. */
export async function forgetNode(
  node: string,
  { hub, inventory }: { hub: Pick<Hub, "revoke" | "events">; inventory: Inventory },
): Promise<void> {
  await hub.revoke(node, "removed from the fleet");
  await removeNode(inventory.database, node);
  // Not before: whoever hears of it looks into the inventory. And also of a node that never came.
  hub.events.emit("node.gone", { node });
}
