/** Compares where nodes are said to be with where their agents connect from. Pure. */
import type { Fleet } from "@berth/shared/fleet/schema";

/**
 * A sentence per node whose agent came by a pasted line and connects from another address than the fleet's. It may be
 * right (NAT, a second address), so it is told and not refused. Where Berth went by SSH, the address has proved itself.
 */
export function misplacedNodes(fleet: Fleet, seenAddress: (node: string) => string | null): string[] {
  return Object.entries(fleet.nodes).flatMap(([name, { address, ssh }]) => {
    const seen = ssh === false ? plainAddress(seenAddress(name)) : null;
    if (seen === null || seen === address || seen.startsWith("127.")) return [];
    return [
      `node '${name}' has the address ${address}, but its agent connects from ${seen}; unless ${address} leads there, ` +
        `\`berth node remove ${name}\` and join it again with its own address`,
    ];
  });
}

/** A listener for IPv4 and IPv6 tells 10.0.6.14 as ::ffff:10.0.6.14. */
function plainAddress(address: string | null): string | null {
  return address?.replace(/^::ffff:/i, "") ?? null;
}
