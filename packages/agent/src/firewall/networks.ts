/** Sets of IPv4 networks in the one form that every version of nft takes: no overlaps, no host bits. Pure. */
import { formatNetwork, networkOf } from "@berth/shared/fleet/ipv4";

export const everyAddress = "0.0.0.0/0";

/** Addresses and networks, those that lie within others left out: older nft refuses a set whose elements overlap. */
export function distinctNetworks(networks: readonly string[]): string[] {
  const parsed = networks.map((text) => {
    const [address = text, prefixLength = "32"] = text.split("/");
    return networkOf(address, Number(prefixLength));
  });
  const widestFirst = parsed.toSorted((a, b) => a.first - b.first || b.last - a.last);
  const distinct: string[] = [];
  let covered = -1;
  for (const network of widestFirst) {
    if (network.last <= covered) continue;
    covered = network.last;
    distinct.push(formatNetwork(network).replace(/\/32$/, ""));
  }
  return distinct;
}
